"""The one way to write a value down as JSON (RFC 8785), so that a hash of it means something."""

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

_WHOLE = 2**53
"""From here on, a number may be another one after somebody has read it."""


class Unwritable(ValueError):
    """A value that has no canonical form, or that a database would give back as another one."""


def text(value: Any) -> bytes:
    """Return the canonical form; raises ``Unwritable``."""
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:
        raise Unwritable(str(error)) from None


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(text(value)).hexdigest()


def require(value: Any, *, at: str) -> None:
    """Refuse what both databases would not give back with the same canonical form.

    ``at`` is where it stands, for the message of ``Unwritable``.
    """
    match value:
        case None | bool():
            pass
        case str():
            _require_text(value, at)
        case int() | float():
            # Also rules out what is no number. PostgreSQL returns a large float as a whole number.
            if not abs(value) < _WHOLE:
                raise Unwritable(f"{at} is a number that JSON does not keep: {value}")
        case list() | tuple():
            for place, member in enumerate(value):
                require(member, at=f"{at}[{place}]")
        case Mapping():
            for name, member in value.items():
                _require_name(name, at)
                require(member, at=f"{at}.{name}")
        case _:
            raise Unwritable(f"{at} is not JSON: {type(value).__name__}")


def _require_name(name: Any, at: str) -> None:
    if not isinstance(name, str):
        raise Unwritable(f"{at} has a member whose name is not text: {name!r}")
    _require_text(name, at)


def _require_text(value: str, at: str) -> None:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise Unwritable(f"{at} holds a NUL or half a character")
