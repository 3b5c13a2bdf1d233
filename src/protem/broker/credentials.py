"""The secrets that API tokens are: made here, recognised here, and never kept."""

import hashlib
import secrets
import string
import zlib

PREFIX = "protem_"

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
_SHAPE = frozenset(_ALPHABET)


def new() -> str:
    """Return a new secret: 178 bits of chance, and a checksum by which scanners know it."""
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return PREFIX + chance + _checksum(chance)


def well_formed(text: str) -> bool:
    """Tell whether ``text`` can be a secret of ours at all, without looking it up."""
    return fault(text) is None


def fault(text: str) -> str | None:
    """Say why ``text`` can be no secret of ours, without any part of it; None if it can."""
    if not text.startswith(PREFIX):
        return f"it does not begin with {PREFIX}"
    body = text.removeprefix(PREFIX)
    if len(body) != _RANDOM_LENGTH + _CHECKSUM_LENGTH:
        return f"{_RANDOM_LENGTH + _CHECKSUM_LENGTH} characters follow {PREFIX}, not {len(body)}"
    if not _SHAPE.issuperset(body):
        return f"only digits and letters follow {PREFIX}"
    if _checksum(body[:_RANDOM_LENGTH]) != body[_RANDOM_LENGTH:]:
        return "its checksum does not fit"
    return None


def hashed(secret: str) -> str:
    """Return what is kept of a secret; it is random, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(text: str) -> str:
    rest, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
