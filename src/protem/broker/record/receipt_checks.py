"""Whether a receipt is what was signed, says what its events say, and agrees with an export."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protem.broker.record import canonical, lines, signing
from protem.broker.record.canonical import Unwritable
from protem.broker.record.lines import Entry
from protem.broker.record.receipts import KIND, VERSION, concerns
from protem.broker.record.signing import Keys, SignatureRefused
from protem.domain import receipts
from protem.domain.events import EventType
from protem.domain.receipts import Untold

_MEMBERS = frozenset(
    {
        *("kind", "version", "log", "issued_at", "sealed_sequence", "summary", "entries"),
        *("key_id", "signature"),
    }
)

_CREATED = EventType.GRANT_CREATED.value


class ReceiptRefused(Exception):
    """A receipt that cannot be relied on; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that is what was signed."""

    log: str
    sealed_sequence: int
    issued_at: str
    key_id: str
    summary: Mapping[str, Any]
    entries: tuple[Entry, ...]


@dataclass
class _Comparison:
    """What an export says about the events of a receipt."""

    receipt: Receipt
    expected: dict[int, Entry] = field(init=False)
    requests: frozenset[str] = field(init=False)
    created: Entry = field(init=False)
    over: Entry = field(init=False)
    is_anothers: bool = False
    """Whether the assignment has begun to be the business of a later grant."""

    def __post_init__(self) -> None:
        self.expected = {entry.sequence: entry for entry in self.receipt.entries}
        summary = self.receipt.summary
        extensions = [extension["request_id"] for extension in summary["extensions"]]
        self.requests = frozenset([summary["request_id"], *extensions])
        mine = [entry for entry in self.receipt.entries if entry.event["grant_id"] == summary["grant_id"]]
        self.created = next(entry for entry in mine if entry.event["type"] == _CREATED)
        self.over = next(entry for entry in mine if entry.event["type"] in receipts.OVER)

    def take(self, entry: Entry) -> None:
        """Hold one event of the export against the receipt; raises ``ReceiptRefused``."""
        mine = self.expected.pop(entry.sequence, None)
        if mine is not None and mine != entry:
            raise ReceiptRefused(f"event {entry.sequence} is another one in the export")
        grant_id = self.receipt.summary["grant_id"]
        about = concerns(entry.event, grant_id=grant_id, requests=self.requests) or self._moves(entry)
        if about and mine is None and entry.sequence <= self.receipt.sealed_sequence:
            raise ReceiptRefused(f"event {entry.sequence} is about this grant, and the receipt leaves it out")

    def _moves(self, entry: Entry) -> bool:
        """Tell whether an event is about the assignment, while that was the business of this grant."""
        event, assignment_id = entry.event, self.created.event.get("assignment_id")
        if assignment_id is None or event.get("assignment_id") != assignment_id:
            return False
        if entry.sequence > self.over.sequence and event.get("type") == _CREATED:
            self.is_anothers = True
        is_later = entry.sequence > self.created.sequence
        return event.get("grant_id") is None and is_later and not self.is_anothers


def read(raw: bytes, *, keys: Keys) -> Receipt:
    """Return a receipt that one of ``keys`` signed and whose events bear out what it says.

    Raises ``ReceiptRefused``; any byte that is not as it was written is one reason.
    """
    members = _members(raw)
    try:
        signing.verify(members, kind=KIND, keys=keys)
    except SignatureRefused as refused:
        raise ReceiptRefused(str(refused)) from None
    if members["version"] != VERSION:
        raise ReceiptRefused(f"this is a receipt of version {members['version']}, which is unknown here")
    entries = tuple(Entry(**entry) for entry in members["entries"])
    _require_sound(entries)
    _require_told(members["summary"], entries)
    told = ("log", "sealed_sequence", "issued_at", "key_id", "summary")
    return Receipt(**{name: members[name] for name in told}, entries=entries)


def compare(receipt: Receipt, export: Iterable[bytes]) -> int:
    """Require that an export, which is sound, has these events in these places, and no more about the grant.

    Returns up to which event that holds: what the receipt left out after the end of the export does
    not show. Raises ``ReceiptRefused``.
    """
    comparison, reached = _Comparison(receipt), 0
    for raw in export:
        line = lines.read(raw)
        match line:
            case Entry():
                comparison.take(line)
                reached = line.sequence
            case lines.Other(kind=lines.HEADER, members=members) if members["log"] != receipt.log:
                raise ReceiptRefused("the export is of another installation")
            case _:
                pass
    if comparison.expected:
        sequence = min(comparison.expected)
        raise ReceiptRefused(f"the export does not reach event {sequence}: take one of the whole time")
    return min(reached, receipt.sealed_sequence)


def _members(raw: bytes) -> dict[str, Any]:
    try:
        members = json.loads(raw)
        as_written = isinstance(members, dict) and canonical.text(members) + b"\n" == raw
    except (ValueError, RecursionError, Unwritable):
        raise ReceiptRefused("this is not JSON in UTF-8") from None
    if not as_written:
        raise ReceiptRefused("this is not byte for byte what `protem receipt` prints")
    if frozenset(members) != _MEMBERS:
        raise ReceiptRefused("this is no receipt")
    found: dict[str, Any] = members
    return found


def _require_sound(entries: tuple[Entry, ...]) -> None:
    before: Entry | None = None
    for entry in entries:
        if not entry.is_sound:
            raise ReceiptRefused(f"event {entry.sequence} is not the one that its hash is of")
        if before and entry.sequence <= before.sequence:
            raise ReceiptRefused(f"event {entry.sequence} stands in the wrong place")
        if before and entry.sequence == before.sequence + 1 and entry.previous != before.hash:
            raise ReceiptRefused(f"event {entry.sequence} does not follow the one before it")
        before = entry


def _require_told(summary: Mapping[str, Any], entries: tuple[Entry, ...]) -> None:
    try:
        told = receipts.summary(str(summary["grant_id"]), [entry.event for entry in entries])
    except (Untold, KeyError, TypeError) as error:
        raise ReceiptRefused(f"its events do not tell what it says: {error}") from None
    if canonical.text(told) != canonical.text(summary):
        raise ReceiptRefused("its events tell something else than its summary")
