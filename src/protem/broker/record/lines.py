"""The lines of an export: a header, one line for each event, and a signed trailer, each canonical JSON."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from protem.broker.record import canonical, documents
from protem.broker.record.sealing import link
from protem.db.models import DroppedSegment

HEADER = "protem-audit-export"
DROPPED = "protem-dropped-segment"
TRAILER = "protem-audit-export-trailer"
VERSION = 1

_MEMBERS = {
    HEADER: frozenset(
        {"kind", "version", "log", "first_sequence", "previous", "sealed_sequence", "since", "until"}
    ),
    DROPPED: frozenset(
        {
            "kind",
            "first_sequence",
            "previous",
            "last_sequence",
            "hash",
            "last_occurred_at",
            "dropped_at",
        }
    ),
    TRAILER: frozenset(
        {
            "kind",
            "version",
            "log",
            "count",
            "first_sequence",
            "last_sequence",
            "hash",
            "header_hash",
            "content_hash",
            "exported_at",
            "key_id",
            "signature",
        }
    ),
}
_OF_EVENTS = frozenset({"sequence", "previous", "event", "hash"})
_NUMBERS = {"version", "sequence", "first_sequence", "last_sequence", "sealed_sequence", "count"}
_TEXTS = {"kind", "log", "previous", "hash", "header_hash", "content_hash", "exported_at", "key_id"}


class Garbled(ValueError):
    """A line that no export has; says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in its place; ``event`` is its document."""

    sequence: int
    previous: str
    event: dict[str, Any]
    hash: str

    @property
    def first_sequence(self) -> int:
        return self.sequence

    @property
    def is_sound(self) -> bool:
        """Whether the hash is the one of the rest."""
        return self.hash_after(self.sequence, self.previous) == self.hash

    def hash_after(self, sequence: int, previous: str) -> str:
        """Return the hash that this event would have in that place."""
        return link(sequence, previous, self.event)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch whose events are no longer kept; the hash is that of the last."""

    first_sequence: int
    previous: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Other:
    """A header or a trailer."""

    kind: str
    members: dict[str, Any]

    @classmethod
    def of(cls, members: dict[str, Any]) -> Self:
        return cls(members["kind"], members)


Line = Entry | Gap | Other


def written(members: dict[str, Any]) -> bytes:
    """Return a line."""
    return canonical.text(members) + b"\n"


def header(
    log: uuid.UUID,
    *,
    first: int,
    previous: str,
    sealed: int,
    since: datetime | None,
    until: datetime | None,
) -> bytes:
    """Return the first line.

    ``previous`` is the hash before ``first``, and ``sealed`` how far the whole chain had come.
    """
    return written(
        {
            "kind": HEADER,
            "version": VERSION,
            "log": str(log),
            "first_sequence": first,
            "previous": previous,
            "sealed_sequence": sealed,
            "since": None if since is None else documents.instant(since),
            "until": None if until is None else documents.instant(until),
        }
    )


def entry(sequence: int, previous: str, event: dict[str, Any], hash_: str) -> bytes:
    """Return the line of one event."""
    return written({"sequence": sequence, "previous": previous, "event": event, "hash": hash_})


def dropped(segment: DroppedSegment, *, first: int, previous: str) -> bytes:
    """Return the line of a stretch that is no longer kept, from ``first`` on."""
    return written(
        {
            "kind": DROPPED,
            "first_sequence": first,
            "previous": previous,
            "last_sequence": segment.last_sequence,
            "hash": segment.last_hash,
            "last_occurred_at": documents.instant(segment.last_occurred_at),
            "dropped_at": documents.instant(segment.dropped_at),
        }
    )


def read(raw: bytes) -> Line:
    """Read a line with its end; raises ``Garbled`` for any byte that is not as it was written."""
    if raw.endswith(b"\r\n"):
        raise Garbled("it ends with a carriage return: something has changed the line ends of the file")
    members = _members(raw)
    names, kind = frozenset(members), members.get("kind")
    if names != _OF_EVENTS and (not isinstance(kind, str) or names != _MEMBERS.get(kind)):
        raise Garbled("it has not the members of any line of an export")
    if not all(_is_number(members[name]) for name in names & _NUMBERS):
        raise Garbled("it holds something else where a number belongs")
    if not all(isinstance(members[name], str) for name in names & _TEXTS):
        raise Garbled("it holds something else where text belongs")
    return _line(members)


def _members(raw: bytes) -> dict[str, Any]:
    try:
        members = json.loads(raw)
        as_written = isinstance(members, dict) and written(members) == raw
    except (ValueError, RecursionError):
        raise Garbled("it is not JSON in UTF-8") from None
    if not as_written:
        raise Garbled("it is not the canonical form of what it says")
    found: dict[str, Any] = members
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _line(members: dict[str, Any]) -> Line:
    if "event" in members:
        if not isinstance(members["event"], dict):
            raise Garbled("its event is no object")
        return Entry(members["sequence"], members["previous"], members["event"], members["hash"])
    if members["kind"] == DROPPED:
        first, last = members["first_sequence"], members["last_sequence"]
        if first > last:
            raise Garbled("it ends before it begins")
        return Gap(first, members["previous"], last, members["hash"])
    return Other.of(members)
