"""Patterns that operators write, matched in a time that grows with the text and nothing else."""

from dataclasses import dataclass, field
from typing import Any

import re2

LONGEST = 500
"""Characters of a pattern."""

_MEMORY = 1_048_576
"""Bytes that RE2 may spend on one; what needs more is refused when it is read."""


class PatternError(ValueError):
    """A pattern that RE2 does not read, with its reason."""


@dataclass(frozen=True, slots=True)
class LinearPattern:
    r"""A regular expression in the syntax of RE2, for texts of one line, which it has to match whole.

    ``^`` and ``$`` say nothing new, ``\d`` means the ten ASCII digits, and letter case counts unless
    the pattern begins with ``(?i)``. Raises ``PatternError`` for what is no pattern.
    """

    text: str
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_compiled", _compiled(self.text))

    def fits(self, ticket: str) -> bool:
        # A negated class would let line breaks through, which no ticket has.
        return ticket.isprintable() and self._compiled.fullmatch(ticket) is not None


def _compiled(text: str) -> Any:
    if len(text) > LONGEST:
        raise PatternError(f"is longer than {LONGEST} characters")
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False  # to stderr, as RE2 would; the author is told instead
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = f"is no pattern that RE2 reads: {_reason(error)}"
        raise PatternError(f"{reason}; it has no look-around and no references back") from None


def _reason(error: Exception) -> str:
    reason = error.args[0]
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
