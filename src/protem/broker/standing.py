"""Access that a beneficiary holds without Protem; lending it out would mean taking it away at the end."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from protem.db.models import Assignment, Observed, Provenance
from protem.domain.catalogue import Person, Target
from protem.domain.errors import FieldError, StandingAccess

_STANDING = select(Assignment.account_id, Assignment.permission_set_arn, Assignment.principal_id).where(
    Assignment.provenance == Provenance.STANDING,
    Assignment.observed == Observed.PRESENT,
    Assignment.principal_id.in_(bindparam("holders", expanding=True)),
    Assignment.account_id.in_(bindparam("accounts", expanding=True)),
)


def refusal(session: Session, person: Person, targets: Sequence[Target]) -> StandingAccess | None:
    """Return a refusal if AWS gives ``person`` one of the targets already, also by a group."""
    found = [(f"targets.{place}", targets[place], group) for place, group in held(session, person, targets)]
    if not found:
        return None
    return StandingAccess(
        _sentence(*found[0][1:]),
        errors=[FieldError(field, _sentence(target, group)) for field, target, group in found],
        facts={"targets": [_fact(target, group) for _, target, group in found]},
    )


def held(session: Session, person: Person, targets: Sequence[Target]) -> tuple[tuple[int, str | None], ...]:
    """Return the places of the targets that AWS gives ``person`` already, each with the group if by one."""
    holders = {group.id: group.name for group in person.groups} | {person.id: None}
    standing = _held(session, list(holders), targets)
    return tuple(
        (place, holders[holder])
        for place, target in enumerate(targets)
        if (holder := standing.get((target.account.id, target.permission_set.arn)))
    )


def _held(session: Session, holders: Sequence[str], targets: Sequence[Target]) -> dict[tuple[str, str], str]:
    where = {"holders": holders, "accounts": [target.account.id for target in targets]}
    found = session.execute(_STANDING, where)
    return {(row.account_id, row.permission_set_arn): row.principal_id for row in found}


def _sentence(target: Target, group: str | None) -> str:
    how = f"through the group {group}" if group else "directly"
    return (
        f"{target.permission_set.name} in {target.account.name} ({target.account.id}) is held already, "
        f"{how}: it can be used without asking"
    )


def _fact(target: Target, group: str | None) -> dict[str, str | None]:
    return {
        "account_id": target.account.id,
        "permission_set_arn": target.permission_set.arn,
        "group": group,
    }
