"""Signed tokens (JWT): whether the provider has signed one, and with what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from protem.domain.errors import Unauthenticated
from protem.identity_provider.keys import Key, among
from protem.identity_provider.remembering import Remembered

LONGEST_TOKEN = 16 * 1024
_LONGEST_KEY_ID = 256
_KINDS = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""Others, such as the tokens by which providers announce that somebody has logged out, are no credentials."""

_ONLY_THE_SIGNATURE: Mapping[str, Any] = {
    "verify_signature": True,
    "enforce_minimum_key_length": True,
    "require": [],
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}
"""The library would take the time from the machine; the claims are checked with ours, in ``claims``."""


def looks_like_one(text: str) -> bool:
    """Tell whether this could be a signed token at all."""
    return text.count(".") == 2  # noqa: PLR2004 - header, claims and signature


@dataclass(frozen=True, slots=True)
class Signatures:
    """Checks signatures by the keys that the provider publishes, and by pinned algorithms only."""

    keys: Remembered[tuple[Key, ...]]
    algorithms: frozenset[str]

    def claims(self, token: str) -> Mapping[str, Any]:
        """Return what is signed; ``Unauthenticated``, ``IdentityProviderUnavailable``."""
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(f"this token is longer than {LONGEST_TOKEN} characters")
        algorithm, key_id = self._header(token)
        key = self._key(key_id, algorithm)
        found: Mapping[str, Any] = _parsed(
            lambda: jwt.decode(token, key.public, algorithms=[algorithm], options=_ONLY_THE_SIGNATURE)  # type: ignore[arg-type]  # a TypedDict
        )
        return found

    def _header(self, token: str) -> tuple[str, str | None]:
        """Return what a token says about itself; addresses of keys that it names are nothing to us."""
        header = _parsed(lambda: jwt.get_unverified_header(token))
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            allowed = ", ".join(sorted(self.algorithms))
            raise Unauthenticated(f"this token is not signed with one of {allowed}")
        if "crit" in header or str(header.get("typ", "JWT")).lower() not in _KINDS:
            raise Unauthenticated("this token is of a kind that is not taken here")
        if key_id is not None and not (isinstance(key_id, str) and len(key_id) <= _LONGEST_KEY_ID):
            raise Unauthenticated("this token names its key in no way that is known here")
        return algorithm, key_id

    def _key(self, key_id: str | None, algorithm: str) -> Key:
        found = among(self.keys.get(), id=key_id, algorithm=algorithm)
        found = found or among(self.keys.renewed(), id=key_id, algorithm=algorithm)
        if found is not None:
            return found
        if self.keys.failing:
            raise self.keys.unavailable()
        raise Unauthenticated("this token is signed with a key that the identity provider does not publish")


def _parsed(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except (PyJWTError, ValueError, RecursionError):
        raise Unauthenticated("this token cannot be read, or its signature is not good") from None
