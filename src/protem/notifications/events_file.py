"""Every event in a file: JSON Lines in the order of the record, repeated perhaps, never left out."""

import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker.record import documents
from protem.clock import Clock
from protem.db.models import AuditEvent, EventsFile, Seal
from protem.db.queries.changes import rows_changed
from protem.db.queries.inserts import insert_unless_there
from protem.db.store import Store

BATCH = 500
_PAUSE = 15.0
"""Seconds between two tries at a file that cannot be written to: each is told of loudly."""
_LONGEST_LINE = 16 * 1024 * 1024
_log = structlog.get_logger("protem.notifications")


class EventsFileError(RuntimeError):
    """The file of events cannot be written to; nothing is lost, and it is tried again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event as it stands in the file."""

    sequence: int
    text: bytes


@dataclass
class Sink:
    """Appends to one file, for as long as ``going_on`` is true."""

    store: Store
    path: Path
    clock: Clock
    going_on: Callable[[], bool] = lambda: True
    _not_before: float = float("-inf")

    def write(self) -> None:
        """Append what has been sealed since the last time.

        Raises ``EventsFileError``, and leaves the file alone for some seconds after that.
        """
        full = self.clock.monotonic() >= self._not_before
        while full and self.going_on():
            with self.store.reading() as session:
                before = position(session, self.path)
                lines = _lines(session, before)
            if not lines:
                return
            self._append(lines)
            with self.store.writing() as session:
                move(session, self.path, before=before, to=lines[-1].sequence)
            full = len(lines) == BATCH

    def _append(self, lines: Sequence[Line]) -> None:
        try:
            append(self.path, lines)
        except OSError as error:
            self._not_before = self.clock.monotonic() + _PAUSE
            message = f"{self.path} cannot be written to: {error.strerror or error}; no event is lost"
            _log.error("events_file.failed", path=str(self.path), error=message)
            raise EventsFileError(message) from error


def position(session: Session, path: Path) -> int:
    """Return the number of the last event that is in the file for certain."""
    row = session.get(EventsFile, str(path))
    return row.sequence if row else 0


def move(session: Session, path: Path, *, before: int, to: int) -> None:
    """Write down how far the file has come, unless somebody else wrote to it meanwhile."""
    insert_unless_there(session, EventsFile, {"path": str(path), "sequence": 0})
    ours = update(EventsFile).where(EventsFile.path == str(path), EventsFile.sequence == before)
    rows_changed(session, ours.values(sequence=to))


def append(path: Path, lines: Sequence[Line]) -> None:
    """Add lines to a file, and have the disk keep them; raises ``OSError``.

    The file is opened by its name each time: one that was moved away is left, and made anew.
    """
    with _opened(path) as descriptor:
        torn = _torn(descriptor)
        text = b"".join(_after(torn, lines))
        while text:
            text = text[os.write(descriptor, text) :]
        os.fsync(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fresh = not path.exists()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        # Two who write at once would tear each other's lines.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
        if fresh:
            _keep_name(path)
    finally:
        os.close(descriptor)


def _keep_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _torn(descriptor: int) -> bytes:
    """Return what stands after the last end of a line: the beginning of one that a crash cut off."""
    size = os.fstat(descriptor).st_size
    if os.pread(descriptor, 1, max(size - 1, 0)) in {b"", b"\n"}:
        return b""
    tail = os.pread(descriptor, min(size, _LONGEST_LINE), max(size - _LONGEST_LINE, 0))
    return tail.rpartition(b"\n")[2]


def _after(torn: bytes, lines: Sequence[Line]) -> Iterator[bytes]:
    """Yield what has to follow: the rest of a torn line that is known, an end for any other, the lines."""
    known = next((place for place, line in enumerate(lines) if line.text.startswith(torn)), None)
    if not torn:
        yield from (line.text for line in lines)
    elif known is None:
        yield b"\n"
        yield from (line.text for line in lines)
    else:
        yield lines[known].text[len(torn) :]
        yield from (line.text for line in lines[known + 1 :])


def _lines(session: Session, after: int) -> list[Line]:
    sealed = select(Seal, AuditEvent).outerjoin(AuditEvent, AuditEvent.id == Seal.event_id)
    wanted = sealed.where(Seal.sequence > after).order_by(Seal.sequence).limit(BATCH)
    return [Line(seal.sequence, _line(seal, event)) for seal, event in session.execute(wanted)]


def _line(seal: Seal, event: AuditEvent | None) -> bytes:
    shown = documents.sealed(seal.event_id, event) | {"sequence": seal.sequence, "hash": seal.hash}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
