"""What people may write into free text: nothing that hides, reorders or cannot be stored."""

import unicodedata

from protem.domain.errors import FieldError, InvalidInput

JUSTIFICATION_LENGTH = 2_000
COMMENT_LENGTH = 2_000
TICKET_LENGTH = 256
NAME_LENGTH = 256

_LINES = frozenset("\n\t")
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that make an approver read something other than what was written."""


def prose(text: str, *, field: str, maximum: int) -> str:
    """Return ``text``, trimmed and with plain line ends, if it may be kept and shown to others."""
    return _checked(text.replace("\r\n", "\n").strip(), field=field, maximum=maximum, besides=_LINES)


def line(text: str, *, field: str, maximum: int) -> str:
    """Return ``text``, trimmed, if it is one line that may be kept and shown to others."""
    return _checked(text.strip(), field=field, maximum=maximum, besides=frozenset())


def _checked(text: str, *, field: str, maximum: int, besides: frozenset[str]) -> str:
    if len(text) > maximum:
        raise refused(field, f"this is longer than {maximum} characters")
    if any(_unfit(character) for character in text if character not in besides):
        raise refused(field, "this holds control characters")
    return text


def _unfit(character: str) -> bool:
    return character in _REORDERING or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def refused(field: str, message: str) -> InvalidInput:
    """Return the refusal of one field."""
    return InvalidInput(f"{field}: {message}", errors=[FieldError(field, message)])
