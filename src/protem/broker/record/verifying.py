"""Whether an export is what was signed: pure functions, which need neither a database nor the network."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO

from protem.broker.record import diagnosing, documents, lines, signing
from protem.broker.record.checkpoints import KIND as CHECKPOINT
from protem.broker.record.diagnosing import Position
from protem.broker.record.faults import Damage, Fault, Faulty
from protem.broker.record.lines import HEADER, TRAILER, VERSION, Entry, Gap, Garbled, Line, Other
from protem.broker.record.signing import Keys, SignatureRefused, UnknownKey

_LONGEST = 64 * 2**20
"""Bytes of a line; what is longer is garbage."""

Checkpoint = Mapping[str, Any]


@dataclass
class Report:
    """What was found; ``fault`` is the first thing that is wrong, None if all is well."""

    log: str | None = None
    first: int = 0
    last: int = 0
    events: int = 0
    stones: int = 0
    """Events whose rows were gone before they were sealed; among ``events``."""
    dropped: list[tuple[int, int]] = field(default_factory=list)
    """Stretches that retention has dropped."""
    covered: list[int] = field(default_factory=list)
    """The numbers of the checkpoints that agree."""
    not_covered: list[int] = field(default_factory=list)
    """Of those that say nothing about this export."""
    exported_at: str | None = None
    key_id: str | None = None
    fault: Fault | None = None


def split(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file with their ends, in pieces where one is longer than any line can be."""
    while line := file.readline(_LONGEST):
        yield line


def verify(raw: Iterable[bytes], *, keys: Keys, checkpoints: Iterable[Checkpoint] = ()) -> Report:
    """Check an export, given as lines with their ends, in one pass and in constant memory.

    ``checkpoints`` are those of ``GET /v1/audit-checkpoints``, kept where nobody could change them.
    """
    verification = Verification(keys)
    try:
        for checkpoint in checkpoints:
            verification.expect(checkpoint)
        verification.read(iter(raw))
    except Faulty as faulty:
        verification.report.fault = faulty.fault
    return verification.report


class _Lines:
    """The lines of a file, of which the last that was read is remembered."""

    def __init__(self, raw: Iterable[bytes]) -> None:
        self._raw = iter(raw)
        self.last = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.last = next(self._raw)
        return self.last


class Verification:
    """One pass over an export."""

    def __init__(self, keys: Keys) -> None:
        self.report = Report()
        self._keys = keys
        self._checkpoints: dict[int, Checkpoint] = {}
        self._header: dict[str, Any] = {}
        self._header_hash = ""
        self._content = hashlib.sha256()
        self._at = Position(0, 0, "")

    def expect(self, checkpoint: Checkpoint) -> None:
        """Hold the export against a checkpoint; raises ``Faulty`` for one that nobody known has signed."""
        try:
            signing.verify(checkpoint, kind=CHECKPOINT, keys=self._keys)
            sequence, content = checkpoint["sequence"], (checkpoint["log"], checkpoint["hash"])
        except (SignatureRefused, KeyError) as refused:
            message = f"a checkpoint cannot be trusted: {refused}"
            raise Faulty(Damage.BAD_CHECKPOINT, message) from None
        earlier = self._checkpoints.setdefault(sequence, checkpoint)
        if (earlier["log"], earlier["hash"]) != content:
            message = "two checkpoints contradict each other: the record was written twice"
            raise Faulty(Damage.CONTRADICTED, message, sequence=sequence)

    def read(self, raw: Iterable[bytes]) -> None:
        """Read all of it; raises ``Faulty``."""
        read = _Lines(raw)
        self._begin(next(read, b""))
        try:
            trailer = self._follow(read)
        except Faulty:
            # Whoever altered the header would have what follows take the blame.
            for _ in read:
                pass
            self._require_header(_trailer(read.last))
            raise
        self._end(trailer)

    def _begin(self, raw: bytes) -> None:
        header = _parsed(raw, line=1)
        if not isinstance(header, Other) or header.kind != HEADER or header.members["version"] != VERSION:
            message = "this does not begin as an export that this version can read"
            raise Faulty(Damage.NOT_AN_EXPORT, message, line=1)
        self._header, self._header_hash = header.members, hashlib.sha256(raw).hexdigest()
        self._content.update(raw)
        self.report.log, self.report.first = self._header["log"], self._header["first_sequence"]
        for checkpoint in self._checkpoints.values():
            if checkpoint["log"] != self.report.log:
                message = f"a checkpoint is about another log: {checkpoint['log']}"
                raise Faulty(Damage.FOREIGN_LOG, message, line=1)
        self._move(Position(1, self.report.first - 1, self._header["previous"]))

    def _follow(self, read: _Lines) -> dict[str, Any]:
        for raw in read:
            line = _parsed(raw, line=self._at.line + 1)
            match line:
                case Entry():
                    self._take_event(line, read)
                case Gap():
                    self._take_gap(line, read)
                case Other(kind, members) if kind == TRAILER:
                    self._require_nothing_after(read)
                    return members
                case Other():
                    raise Faulty(Damage.INSERTED, "this belongs at the beginning", line=self._at.line + 1)
            self._content.update(raw)
        message = "it ends without its trailer: the rest was cut off"
        raise Faulty(Damage.TRUNCATED, message, line=self._at.line, sequence=self._at.sequence)

    def _take_event(self, entry: Entry, read: _Lines) -> None:
        follows = entry.sequence == self._at.sequence + 1 and entry.previous == self._at.hash
        if not follows or not entry.is_sound:
            rest = diagnosing.look(read, at=self._at, misfit=entry)
            raise diagnosing.judge(entry, rest, at=self._at)
        self.report.events += 1
        self.report.stones += documents.is_stone(entry.event)
        self._move(Position(self._at.line + 1, entry.sequence, entry.hash, entry))

    def _take_gap(self, gap: Gap, read: _Lines) -> None:
        if gap.first_sequence != self._at.sequence + 1 or gap.previous != self._at.hash:
            rest = diagnosing.look(read, at=self._at, misfit=gap)
            raise diagnosing.judge_gap(gap, rest, at=self._at)
        self.report.dropped.append((gap.first_sequence, gap.sequence))
        self._move(Position(self._at.line + 1, gap.sequence, gap.hash))

    def _move(self, at: Position) -> None:
        self._at, self.report.last = at, at.sequence
        checkpoint = self._checkpoints.get(at.sequence)
        if checkpoint is None:
            return
        if checkpoint["hash"] != at.hash:
            message = f"the checkpoint of {checkpoint['signed_at']} says that the record was another one"
            raise Faulty(Damage.CONTRADICTED, message, line=at.line, sequence=at.sequence)
        self.report.covered.append(at.sequence)

    def _require_nothing_after(self, read: _Lines) -> None:
        line = self._at.line + 2
        first = next(read, None)
        if first is None:
            return
        rest = diagnosing.look(chain([first], read), at=self._at, misfit=None)
        if rest.finds_expected:
            raise Faulty(Damage.REORDERED, "the trailer stands before the end", line=line - 1)
        raise Faulty(Damage.INSERTED, "something follows the trailer", line=line)

    def _end(self, trailer: dict[str, Any]) -> None:
        line = self._at.line + 1
        _require_signature(trailer, self._keys, line=line)
        self._require_header(trailer)
        self.report.key_id, self.report.exported_at = trailer["key_id"], trailer["exported_at"]
        self._require_range(trailer, line)
        self._require_content(trailer, line)
        for sequence, checkpoint in self._checkpoints.items():
            if sequence not in self.report.covered:
                self._require_outside(sequence, checkpoint, trailer)

    def _require_header(self, trailer: dict[str, Any] | None) -> None:
        if trailer is None or trailer["header_hash"] == self._header_hash:
            return
        with suppress(SignatureRefused):
            signing.verify(trailer, kind=TRAILER, keys=self._keys)
            if trailer["log"] != self.report.log:
                message = f"header and trailer are of two logs; the one that was signed is {trailer['log']}"
                raise Faulty(Damage.FOREIGN_LOG, message, line=1)
            raise Faulty(Damage.ALTERED_HEADER, "the header is not the one that was signed", line=1)

    def _require_range(self, trailer: dict[str, Any], line: int) -> None:
        first, last = trailer["first_sequence"], trailer["last_sequence"]
        if first != self.report.first:
            message = f"the range that was signed begins with {first}"
            raise Faulty(Damage.WRONG_RANGE, message, line=line, sequence=first)
        if last > self._at.sequence:
            raise diagnosing.missing(self._at.sequence + 1, last, line=line)
        if last < self._at.sequence:
            message = f"what was signed ends with event {last}; something was added"
            added = line - (self._at.sequence - last)
            raise Faulty(Damage.INSERTED, message, line=added, sequence=last + 1)

    def _require_content(self, trailer: dict[str, Any], line: int) -> None:
        if trailer["hash"] != self._at.hash:
            message = "the hash that was signed is another: events were changed, and the chain made anew"
            raise Faulty(Damage.REWRITTEN, message, line=line, sequence=self._at.sequence)
        if trailer["count"] != self.report.events:
            message = f"{trailer['count']} events were signed, {self.report.events} are here"
            raise Faulty(Damage.MISSING, message, line=line)
        if trailer["content_hash"] != self._content.hexdigest():
            message = "a line about dropped events was altered"
            raise Faulty(Damage.REWRITTEN, message, line=line)

    def _require_outside(self, sequence: int, checkpoint: Checkpoint, trailer: dict[str, Any]) -> None:
        if (
            sequence > self._header["sealed_sequence"]
            and str(checkpoint["signed_at"]) <= trailer["exported_at"]
        ):
            message = (
                f"a checkpoint was signed for event {sequence} before the export, which knows no such event"
            )
            raise Faulty(Damage.CONTRADICTED, message, sequence=sequence)
        self.report.not_covered.append(sequence)


def _parsed(raw: bytes, *, line: int) -> Line:
    if not raw.endswith(b"\n"):
        message = "it ends in the middle of a line: the rest was cut off" if raw else "it is empty"
        raise Faulty(Damage.TRUNCATED, message, line=line)
    try:
        return lines.read(raw)
    except Garbled as garbled:
        raise Faulty(Damage.GARBLED, str(garbled), line=line) from None


def _trailer(raw: bytes) -> dict[str, Any] | None:
    try:
        line = lines.read(raw)
    except Garbled:
        return None
    return line.members if isinstance(line, Other) and line.kind == TRAILER else None


def _require_signature(trailer: dict[str, Any], keys: Keys, *, line: int) -> None:
    try:
        signing.verify(trailer, kind=TRAILER, keys=keys)
    except UnknownKey as unknown:
        raise Faulty(Damage.UNKNOWN_KEY, str(unknown), line=line) from None
    except SignatureRefused:
        message = "the trailer was altered, or it was signed with another key of the same name"
        raise Faulty(Damage.BAD_SIGNATURE, message, line=line) from None
