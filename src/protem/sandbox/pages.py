"""Pages of a listing, with tokens nobody but their maker can read or make."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SIGNATURE_BYTES = 16


class BadToken(Exception):
    """A token that was not made here, or for another listing."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Cuts listings after the last key shown, so that changes in between lose nothing else."""

    secret: bytes = field(repr=False)
    most: int

    def cut(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        entries: Iterable[tuple[str, Any]],
        *,
        most: int,
    ) -> tuple[list[Any], str | None]:
        """Return the entries of one page in the order of their keys, and the next page's token."""
        seal = self._seal_of(operation, parameters)
        last = self._opened(parameters.get("NextToken"), seal)
        ahead = sorted((e for e in entries if e[0] > last), key=lambda entry: entry[0])
        size = min(self.most, most, parameters.get("MaxResults") or most)
        page, rest = ahead[:size], ahead[size:]
        token = self._sealed(page[-1][0], seal) if rest else None
        return [value for _, value in page], token

    def _seal_of(self, operation: str, parameters: Mapping[str, Any]) -> Callable[[str], bytes]:
        asked = {k: v for k, v in parameters.items() if k not in ("NextToken", "MaxResults")}
        context = json.dumps([operation, asked], sort_keys=True, default=str)

        def seal(last: str) -> bytes:
            message = f"{context}\n{last}".encode()
            return hmac.new(self.secret, message, hashlib.sha256).digest()[:SIGNATURE_BYTES]

        return seal

    def _sealed(self, last: str, seal: Callable[[str], bytes]) -> str:
        return base64.urlsafe_b64encode(seal(last) + last.encode()).decode()

    def _opened(self, token: str | None, seal: Callable[[str], bytes]) -> str:
        if not token:
            return ""
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
            signature, last = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:].decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise BadToken from error
        if not hmac.compare_digest(signature, seal(last)):
            raise BadToken
        return last
