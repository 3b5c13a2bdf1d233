"""Letting go of history: first into a file, then out of the store, a batch at a time.

No transaction is open while a file is written. A process that dies at any moment has pruned nothing
that is not in a file: the next run writes the same batch under the same name, and where that holds
something else already, beside it.
"""

import gzip
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from protem.api.presenting import history as lines
from protem.broker.history import batches, choosing, pruning
from protem.broker.history.batches import Batch
from protem.broker.history.pruning import File, Moved
from protem.db.models import Chain
from protem.db.store import Store
from protem.schedule import Schedule
from protem.settings import Settings

INTERVAL = timedelta(minutes=10)
_log = structlog.get_logger("protem.history")

Job = Callable[[], object]


class HistoryExportError(RuntimeError):
    """A file of history cannot be written; nothing is pruned, and it is tried again."""


def begin(
    schedule: Schedule,
    store: Store,
    settings: Settings,
    *,
    while_leading: Callable[[Job], object],
    going_on: Callable[[], bool],
) -> None:
    """Take a place in the schedule, if history is not kept for ever."""
    if settings.retention is not None and settings.history_directory is not None:
        retaining = Retaining(
            store, settings.history_directory.absolute(), kept_for=settings.retention, going_on=going_on
        )
        schedule.every(INTERVAL, partial(while_leading, retaining.let_go), name="history")


class Retaining:
    """Keeps history for ``kept_for`` after its end; ``going_on`` turns false when the process is to stop."""

    def __init__(
        self, store: Store, directory: Path, *, kept_for: timedelta, going_on: Callable[[], bool]
    ) -> None:
        self._store, self._directory = store, directory
        self._kept_for, self._going_on = kept_for, going_on

    def let_go(self) -> None:
        """Export and prune what is old enough, until nothing is; others write in between.

        Raises ``HistoryExportError``.
        """
        while self._going_on() and self._batch():
            pass

    def _batch(self) -> bool:
        found = self._read()
        if found is None:
            return False
        batch, number, text = found
        file = self._write(number, text)
        digest = batch.digest
        try:
            with self._store.writing() as session:
                pruning.prune(session, batch, digest, file, now=self._store.now(session))
        except Moved as moved:
            _log.warning("history.moved", file=file.name, reason=str(moved))
            return False
        return True

    def _read(self) -> tuple[Batch, int, bytes] | None:
        with self._store.reading() as session:
            now = self._store.now(session)
            before = now - self._kept_for
            chosen = choosing.choose(session, before=before)
            if not chosen:
                return None
            batch = batches.load(session, chosen, before=before)
            number = pruning.next_number(session)
            log = str(session.scalars(select(Chain.log)).one())
            return batch, number, packed(lines.documents(session, batch, number=number, log=log, now=now))

    def _write(self, number: int, data: bytes) -> File:
        try:
            name = put(self._directory, number, data)
        except OSError as error:
            message = f"{self._directory} cannot be written to: {error.strerror or error}; nothing is pruned"
            _log.error("history.failed", directory=str(self._directory), error=message)
            raise HistoryExportError(message) from error
        return File(number, name, hashlib.sha256(data).hexdigest(), len(data))


def packed(documents: Iterable[dict[str, Any]]) -> bytes:
    """Return the file: the same for the same documents, whenever it is made."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return buffer.getvalue()


def put(directory: Path, number: int, data: bytes) -> str:
    """Have the file on the disk, whole, under a name of its own, and return the name.

    What is there already under the first name is left if it is the same, and else passed by. Raises
    ``OSError``.
    """
    for name in _names(number):
        path = directory / name
        if path.exists():
            if path.read_bytes() == data:
                _synchronise(path)
                _synchronise(directory)
                return name
            continue
        with _aside(directory / f".{name}.{os.getpid()}", data) as whole:
            try:
                os.link(whole, path)  # which, unlike a rename, replaces nothing
            except FileExistsError:
                continue
        _synchronise(directory)
        return name
    raise AssertionError  # there is always another name


def _names(number: int) -> Iterator[str]:
    yield f"history-{number:08}.jsonl.gz"
    yield from (f"history-{number:08}-{again}.jsonl.gz" for again in count(2))


@contextmanager
def _aside(path: Path, data: bytes) -> Iterator[Path]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _synchronise(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
