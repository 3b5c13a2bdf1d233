"""What can be wrong with an export, by name."""

from dataclasses import dataclass
from enum import StrEnum


class Damage(StrEnum):
    """The kind of damage, as far as the file itself gives it away."""

    NOT_AN_EXPORT = "not-an-export"
    ALTERED_HEADER = "altered-header"
    GARBLED = "garbled"
    """A line that no export has: a changed byte, a changed line end, something that was put in."""
    ALTERED_EVENT = "altered-event"
    ALTERED_HASH = "altered-hash"
    ALTERED_PLACE = "altered-place"
    """The event and its hash are in order, the number or the hash before it is not."""
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    """The chain was worked out anew after some change, and ends with another hash than was signed."""
    FOREIGN_LOG = "foreign-log"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    WRONG_RANGE = "wrong-range"
    CONTRADICTED = "contradicted"
    """A checkpoint says that the record was another one."""
    BAD_CHECKPOINT = "bad-checkpoint"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong; lines count from 1, and None means the file as a whole."""

    damage: Damage
    message: str
    line: int | None = None
    sequence: int | None = None


class Faulty(Exception):
    """Stops a verification at the first thing that is wrong."""

    def __init__(
        self, damage: Damage, message: str, *, line: int | None = None, sequence: int | None = None
    ) -> None:
        super().__init__(message)
        self.fault = Fault(damage, message, line, sequence)
