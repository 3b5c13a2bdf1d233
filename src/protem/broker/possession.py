"""What somebody holds of what is asked for: without Protem, or by a grant that is live."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from protem.broker import standing
from protem.db.models import Grant
from protem.db.queries.grants import LIVE
from protem.domain.catalogue import Person, Target


class How(StrEnum):
    """By what somebody holds access."""

    STANDING = "standing"
    GROUP = "group"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Held:
    """One target, by its place, that somebody holds or is owed already."""

    target: int
    how: How
    group: str | None = None
    grant: Grant | None = None

    @property
    def grant_id(self) -> uuid.UUID | None:
        return self.grant.id if self.grant else None

    @property
    def ends_at(self) -> datetime | None:
        return self.grant.ends_at if self.grant else None


def of(session: Session, person: Person, targets: Sequence[Target], *, now: datetime) -> tuple[Held, ...]:
    """Return what ``person`` holds of the targets, in their order; grants that have not begun included."""
    standing_ = [
        Held(place, How.GROUP if group else How.STANDING, group=group)
        for place, group in standing.held(session, person, targets)
    ]
    places = {(one.account.id, one.permission_set.arn): place for place, one in enumerate(targets)}
    owed = select(Grant).where(
        Grant.principal_id == person.id,
        LIVE,
        tuple_(Grant.account_id, Grant.permission_set_arn).in_(list(places)),
    )
    granted = [
        Held(places[grant.account_id, grant.permission_set_arn], How.GRANT, grant=grant)
        for grant in session.scalars(owed.order_by(Grant.ends_at, Grant.id))
        if not grant.owing.over(now)
    ]
    return tuple(sorted([*standing_, *granted], key=lambda held: held.target))
