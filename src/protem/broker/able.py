"""Who could serve the steps of a request, besides those who are interested in it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from protem.broker import kept
from protem.db.models import Group, Membership, Principal
from protem.domain import names
from protem.domain.approvals import Answer, Cast, missing
from protem.domain.errors import NoApprovers
from protem.domain.selectors import People
from protem.domain.steps import Step


def people(session: Session, wanted: People) -> Mapping[str, str]:
    """Return the user names of everybody whom ``wanted`` includes, by their ids."""
    name = ("people", wanted.users, wanted.groups)
    return kept.catalogue(session).part(name, partial(_people, session, wanted))


def _people(session: Session, wanted: People) -> dict[str, str]:
    users, groups = _meaning(wanted.users), _meaning(wanted.groups)
    member_of = (
        select(Membership.principal_id)
        .join(Group, and_(Group.id == Membership.group_id, Group.removed_at.is_(None)))
        .where(or_(Group.id.in_(groups[0]), Group.name_key.in_(groups[1])))
    )
    chosen = or_(
        Principal.id.in_(users[0]), Principal.user_name_key.in_(users[1]), Principal.id.in_(member_of)
    )
    found = select(Principal.id, Principal.user_name).where(chosen, Principal.removed_at.is_(None))
    return {row.id: row.user_name for row in session.execute(found.order_by(Principal.user_name_key))}


def _meaning(wanted: Iterable[str]) -> tuple[list[str], list[str]]:
    """Tell ids from the keys of names, as ``names.handle`` does."""
    texts = tuple(wanted)
    ids = [text for text in texts if names.is_identifier(text)]
    return ids, [names.key(text) for text in texts if not names.is_identifier(text)]


def besides(
    session: Session, steps: Sequence[Step], interested: frozenset[str]
) -> Mapping[str, Mapping[str, str]]:
    """Return, by the name of each step, the user names of those who could serve it, by their ids."""
    return {
        step.name: {
            id_: name for id_, name in people(session, step.approvers).items() if id_ not in interested
        }
        for step in steps
    }


def short_of(steps: Sequence[Step], able: Mapping[str, Iterable[str]]) -> Mapping[str, int]:
    """Return how many people each step lacks even if everybody who could serves one."""
    seats = sum(step.required for step in steps)
    open_to: dict[str, list[str]] = {}
    for step in steps:
        # More people of one step than there are seats altogether make no difference.
        for person in sorted(able[step.name])[: seats + len(steps)]:
            open_to.setdefault(person, []).append(step.name)
    casts = [Cast(person, Answer.APPROVE, tuple(found)) for person, found in sorted(open_to.items())]
    return missing(steps, casts)


def refusal(session: Session, steps: Sequence[Step], interested: frozenset[str]) -> NoApprovers | None:
    """Return a refusal if too few people could serve the steps for this ever to be approved."""
    lacking = short_of(steps, besides(session, steps, interested))
    if not lacking:
        return None
    name, count = next(iter(lacking.items()))
    people_ = "person" if count == 1 else "people"
    return NoApprovers(
        f"step {name} lacks {count} {people_} who could approve, besides those whom the request is about",
        facts={"steps": dict(lacking)},
    )
