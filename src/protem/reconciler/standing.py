"""Look for standing access: what AWS holds that Protem did not make, and never will take away."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.clock import Clock
from protem.db.models import Account, Assignment, CatalogueSync, Observed, PermissionSet, Provenance
from protem.db.models.grants import HELD, grouped
from protem.db.store import Store
from protem.identity_center.budget import CallBudget, Priority
from protem.identity_center.errors import CallRejected
from protem.identity_center.gateway import Assignments, Directory
from protem.identity_center.values import Holder
from protem.reconciler import catalogue, standing_rows
from protem.reconciler.catalogue_looks import looking
from protem.reconciler.standing_rows import Place

PART = "standing_access"


class IncompleteLookError(Exception):
    """AWS refused to list some places; what it listed was written down."""


class CatalogueMissingError(Exception):
    """Nothing is known of the permission sets yet, so nobody can tell where to look."""


@dataclass(slots=True)
class Report:
    """How many assignments were found and how many had vanished, in how many places."""

    places: int = 0
    found: int = 0
    vanished: int = 0
    seconds: float = 0.0


def synchronise(
    directory: Directory, assignments: Assignments, *, store: Store, clock: Clock, budget: CallBudget
) -> Report:
    """Record who holds what without Protem, one place at a time.

    Raises ``CatalogueMissingError`` before the first catalogue, ``IncompleteLookError`` at the end
    if AWS refused some places, and any other ``GatewayError`` at once. What was written by then
    stays: each place is true by itself.
    """
    begun = clock.monotonic()
    report, refusals = Report(), list[CallRejected]()
    with looking(store, PART) as look, budget.priority(Priority.HOUSEKEEPING):
        for place in _places(directory, store, refusals):
            _look_at(place, assignments, store, report, refusals)
        if refusals:
            raise IncompleteLookError(f"{len(refusals)} calls were refused; the first: {refusals[0]}")
        with store.writing() as session:
            look.complete(session, now=store.now(session))
    report.seconds = clock.monotonic() - begun
    return report


def _places(directory: Directory, store: Store, refusals: list[CallRejected]) -> Iterator[Place]:
    """Go through the places where AWS may hold something, and those where it did when last seen."""
    with store.reading() as session:
        _require_catalogue(session)
        permission_sets = _permission_sets(session)
        remembered = _remembered(session)
    for instance_arn, arn in permission_sets:
        try:
            accounts = directory.accounts_provisioned(instance_arn=instance_arn, permission_set_arn=arn)
            remembered |= {Place(instance_arn, account_id, arn) for account_id in accounts}
        except CallRejected as refusal:
            refusals.append(refusal)
    yield from sorted(remembered)


def _look_at(
    place: Place, assignments: Assignments, store: Store, report: Report, refusals: list[CallRejected]
) -> None:
    with store.reading() as session:
        seen = standing_rows.read(session, place, now=store.now(session))
    try:
        holders = _holders(assignments, place)
    except CallRejected as refusal:
        refusals.append(refusal)
        return
    report.places += 1
    if seen.agrees_with(holders):
        return
    with store.writing() as session:
        now = store.now(session)
        report.found += standing_rows.add_found(session, seen, holders, now=now)
        report.vanished += standing_rows.mark_vanished(session, seen, holders, now=now)
        standing_rows.reopen(session, seen, holders, now=now)


def _holders(assignments: Assignments, place: Place) -> frozenset[Holder]:
    try:
        return assignments.holders(
            instance_arn=place.instance_arn,
            account_id=place.account_id,
            permission_set_arn=place.permission_set_arn,
        )
    except CallRejected as refusal:
        # The account or the permission set is gone, and nobody can hold it there.
        if refusal.code == "ResourceNotFoundException":
            return frozenset()
        raise


def _require_catalogue(session: Session) -> None:
    sync = session.get(CatalogueSync, catalogue.PART)
    if sync is None or sync.completed_at is None:
        raise CatalogueMissingError("standing access can be looked for once the catalogue has been read")


def _permission_sets(session: Session) -> list[tuple[str, str]]:
    present = select(PermissionSet.instance_arn, PermissionSet.arn).where(PermissionSet.removed_at.is_(None))
    return [(row.instance_arn, row.arn) for row in session.execute(present)]


def _remembered(session: Session) -> set[Place]:
    columns = (Assignment.instance_arn, Assignment.account_id, Assignment.permission_set_arn)
    held = select(*columns).where(
        grouped(HELD), Assignment.provenance == Provenance.STANDING, Assignment.observed == Observed.PRESENT
    )
    # What was given up in an account that is back may be back as well.
    back = select(Account.id).where(Account.removed_at.is_(None))
    closed = select(*columns).where(
        grouped(HELD), Assignment.force_closed_at.is_not(None), Assignment.account_id.in_(back)
    )
    return {Place(*row) for query in (held, closed) for row in session.execute(query.distinct())}
