"""A login that has begun, as the browser keeps it until it comes back from the identity provider."""

import base64
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from protem.identity_provider.values import Beginning
from protem.web import returning

COOKIE = "__Host-protem-login"
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Flow:
    """What has to fit when the browser comes back; only the browser has it, and no page can read it."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str
    expires: int

    @classmethod
    def of(cls, beginning: Beginning, *, return_to: str, now: datetime) -> "Flow":
        expires = int((now + LIFETIME).timestamp())
        return cls(beginning.state, beginning.nonce, beginning.verifier, return_to, expires)

    @property
    def packed(self) -> str:
        """What the cookie holds."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    def fits(self, state: str, *, now: datetime) -> bool:
        """Tell whether this is the login that the provider answers, and its time is not over."""
        return compare_digest(self.state.encode(), state.encode()) and now.timestamp() < self.expires


def unpacked(cookie: str) -> Flow | None:
    """Return what a cookie holds; None if it was not we who packed it."""
    try:
        found = json.loads(base64.b64decode(cookie.encode("ascii"), altchars=b"-_", validate=True))
        texts = [found[name] for name in ("state", "nonce", "verifier", "return_to")]
        expires = found["expires"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    if not all(isinstance(text, str) and text.isascii() and text for text in texts):
        return None
    if not isinstance(expires, int):
        return None
    state, nonce, verifier, return_to = texts
    return Flow(state, nonce, verifier, returning.local(return_to), expires)
