"""The record in the end: every event sealed, and an export of it that verifies."""

from collections.abc import Iterator

from sqlalchemy import func, select

from protem.broker.callers import CONSOLE
from protem.broker.record import exporting, sealing, verifying
from protem.broker.record.exporting import Export
from protem.broker.record.signing import SigningKey, known
from protem.broker.record.verifying import Report
from protem.db.models import AuditEvent
from protem.db.store import Store

KEY = SigningKey.make()


def seal(store: Store) -> None:
    """Seal what waits, as the job does."""
    sealed = sealing.LIMIT
    while sealed == sealing.LIMIT:
        with store.writing() as session:
            sealed = sealing.seal(session)


def verified(store: Store) -> str | None:
    """Say what is wrong with the record, once all of it is sealed."""
    seal(store)
    with store.reading() as session:
        written = session.scalars(select(func.count(AuditEvent.id))).one()
    with store.writing() as session:
        export = exporting.begin(session, CONSOLE, key=KEY, now=store.now(session))
    report = verifying.verify(_lines(export, store), keys=known([KEY.public]))
    return _complaint(report, written)


def _lines(export: Export, store: Store) -> Iterator[bytes]:
    yield export.header
    while not export.is_whole:
        with store.reading() as session:
            yield from export.page(session).splitlines(keepends=True)
    yield export.trailer()


def _complaint(report: Report, written: int) -> str | None:
    if report.fault is not None:
        return str(report.fault)
    if report.events != written:
        return f"{written} events were written, {report.events} are in the chain"
    return f"{report.stones} events are gone" if report.stones else None
