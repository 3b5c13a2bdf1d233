"""Live access that its beneficiary could no longer ask for, where the entitlement says that this ends it.

Only an entitlement in force ends anything here. One that was removed, or that nobody can read, says
nothing: it ends no access, though none begins under it either.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from protem.broker import ending, policy
from protem.broker.documents.directory import Directory
from protem.broker.enforcing import BATCH, owed
from protem.db.models import CatalogueSync, Grant, Request
from protem.domain.entitlements import Entitlement, OnEligibilityLost
from protem.domain.lifecycle import EndReason

_BY = "protem"


def find(session: Session, *, now: datetime) -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the grants that their entitlement, as it is now, no longer covers, each with the reason.

    The catalogue is read once, and not at all where no access is live that could be lost.
    """
    rules = _watched(session, now)
    if not rules or not _catalogued(session):
        return
    directory = Directory.load(session)
    cover = {name: Cover.of(rule, directory) for name, rule in rules.items()}
    live = owed(now).where(Request.entitlement.in_(rules)).with_only_columns(*_COLUMNS)
    for grant_id, *what, entitlement in session.execute(live).all():
        if why := cover[entitlement].why_lost(*what):
            yield grant_id, why


def end_lost(session: Session, *, now: datetime, limit: int = BATCH) -> int:
    """End what is lost; return how many grants, ``limit`` at most."""
    lost = list(islice(find(session, now=now), limit))
    return sum(_end(session, grant_id, why, now) for grant_id, why in lost)


_COLUMNS = (
    Grant.id,
    Grant.principal_id,
    Grant.account_id,
    Grant.permission_set_arn,
    Request.entitlement,
)


def _watched(session: Session, now: datetime) -> dict[str, Entitlement]:
    """Return the entitlements in force that end what is lost, by the names under which access is live."""
    rules = policy.current(session)
    if not any(_ends(rule) for rule in rules.entitlements):
        return {}
    written = session.scalars(owed(now).with_only_columns(Request.entitlement).order_by(None).distinct())
    found = ((name, rules.named(name)) for name in written)
    return {name: rule for name, rule in found if rule is not None and _ends(rule)}


def _ends(rule: Entitlement) -> bool:
    return rule.on_eligibility_lost is OnEligibilityLost.END


def _catalogued(session: Session) -> bool:
    looked = session.get(CatalogueSync, "catalogue")
    return looked is not None and looked.completed_at is not None


@dataclass(frozen=True, slots=True)
class Cover:
    """Whom and what one entitlement covers, by a catalogue that was read at one moment.

    What AWS has lost is covered by nothing. A suspended account, or other policies of the permission
    set, keep access from beginning; they take none away that has begun.
    """

    name: str
    principals: frozenset[str]
    accounts: frozenset[str]
    permission_sets: frozenset[str]

    @classmethod
    def of(cls, rule: Entitlement, directory: Directory) -> "Cover":
        accounts = rule.accounts.pick(directory.estate)
        permission_sets = rule.permission_sets.pick(directory.estate)
        return cls(
            name=rule.name,
            principals=directory.members(rule.requesters),
            accounts=frozenset(account.id for account in accounts),
            permission_sets=frozenset(found.arn for found in permission_sets),
        )

    def why_lost(self, principal_id: str, account_id: str, permission_set_arn: str) -> str | None:
        """Return what of some access is no longer covered, or None where all of it is."""
        if principal_id not in self.principals:
            return f"its beneficiary is no longer among the requesters of {self.name}"
        if account_id not in self.accounts:
            return f"{self.name} no longer reaches account {account_id}"
        if permission_set_arn not in self.permission_sets:
            return f"{self.name} no longer offers this permission set"
        return None


def _end(session: Session, grant_id: uuid.UUID, why: str, now: datetime) -> bool:
    grant, reason = session.get_one(Grant, grant_id), EndReason.ELIGIBILITY_LOST
    return ending.end(session, grant, by=_BY, reason=reason, comment=why, now=now)
