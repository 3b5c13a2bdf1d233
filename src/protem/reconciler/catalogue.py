"""Bring the catalogue into line with AWS: read everything first, then write the difference at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protem.broker import audit, widening
from protem.clock import Clock
from protem.db.models import Account, PermissionSet, Principal, Table
from protem.db.store import Store
from protem.domain.events import EventType
from protem.identity_center.budget import CallBudget, Priority
from protem.identity_center.gateway import Directory
from protem.reconciler.catalogue_difference import Change, Difference, write
from protem.reconciler.catalogue_looks import Look, looking
from protem.reconciler.catalogue_snapshot import Snapshot, take

PART = "catalogue"

_log = structlog.get_logger("protem.catalogue")

_MOST_NAMED = 100
"""Changes that one event names; an event has to stay readable, and a first look finds everything."""


class ImplausibleListingError(Exception):
    """AWS listed none of something there was plenty of: rather a fault than the truth."""


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows of each kind were added, changed and removed; kinds without any are left out."""

    counts: Mapping[str, Mapping[str, int]]
    seconds: float


def synchronise(
    directory: Directory,
    *,
    store: Store,
    clock: Clock,
    budget: CallBudget,
    instance_arn: str | None = None,
) -> Report:
    """Make the catalogue say what AWS says; ``instance_arn`` picks one where AWS lists several.

    Raises whatever kept AWS from being read as a whole; the catalogue is then left as it was.
    """
    begun = clock.monotonic()
    with looking(store, PART) as look:
        with budget.priority(Priority.HOUSEKEEPING):
            snapshot = take(directory, instance_arn=instance_arn)
        with store.writing() as session:
            now = store.now(session)
            difference = _write(session, snapshot, look=look, now=now)
            _note_widening(store, session, difference, now=now)
    return Report(difference.counts(), seconds=clock.monotonic() - begun)


def _write(session: Session, snapshot: Snapshot, *, look: Look, now: datetime) -> Difference:
    look.complete(session, now=now)
    _refuse_implausible(session, snapshot)
    difference = write(session, snapshot, now=now)
    if difference.changes:
        audit.record(session, EventType.CATALOGUE_SYNCHRONISED, now=now, facts=_facts(difference))
    return difference


def _note_widening(store: Store, session: Session, difference: Difference, *, now: datetime) -> None:
    """Leave events about whoever can ask for more; a failure says so in the log, and stops nothing.

    Somebody's removal from a group has to get through, whatever is wrong with the entitlements.
    """
    if not difference.changes:
        return
    try:
        # What is not committed yet, another connection does not see.
        with store.reading() as earlier, session.begin_nested():
            widening.record(session, earlier=earlier, now=now)
    except Exception:  # noqa: BLE001  # whatever it is, the catalogue has to be right
        _log.exception("catalogue.widening_unknown")


def _refuse_implausible(session: Session, snapshot: Snapshot) -> None:
    for table, noun in ((Principal, "users"), (Account, "accounts"), (PermissionSet, "permission sets")):
        known = _known(session, table)
        if known and not snapshot.rows[table]:
            message = (
                f"AWS listed no {noun} at all, where the catalogue knows {known}: the catalogue stays "
                "as it was; see whether Protem's credentials still belong to the right organization"
            )
            raise ImplausibleListingError(message)


def _known(session: Session, table: type[Table]) -> int:
    present = select(func.count()).select_from(table).where(table.__table__.c.removed_at.is_(None))
    return session.scalars(present).one()


def _facts(difference: Difference) -> dict[str, Any]:
    named = difference.changes[:_MOST_NAMED]
    return {
        "counts": difference.counts(),
        "changes": [_fact(change) for change in named],
        "changes_not_named": len(difference.changes) - len(named),
    }


def _fact(change: Change) -> dict[str, str]:
    return {"kind": change.kind, "change": change.what, "id": change.id, "name": change.name}
