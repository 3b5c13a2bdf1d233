"""Who could still answer a request that waits, and why perhaps nobody can."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from protem.broker import able, answering, catalogue, questions
from protem.broker.callers import Caller
from protem.db.models import Request, TokenRole
from protem.domain import approvals
from protem.domain.approvals import Answer, Cast
from protem.domain.catalogue import Person
from protem.domain.steps import Step

MOST_PEOPLE = 50
"""How many of those who could serve a step are looked at, and named."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The steps that want somebody, as events tell of them; ``reason`` says why they cannot be served."""

    steps: tuple[Mapping[str, Any], ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of people whose answers have been tried out."""

    willing: dict[str, Person]
    refusals: list[str]


def waiting(session: Session, request: Request, *, now: datetime) -> Waiting:
    """Return who could approve a pending request at this moment, by its steps.

    Every one of these people is asked for as if they approved: what would refuse them then, such as
    a lock or a newer entitlement, keeps them from being named here.
    """
    question = questions.question(session, request)
    if question is None:
        return Waiting((), "nobody can decide about this request: its entitlement is gone")
    needed = questions.steps_needed(session, request, now=now)
    casts = questions.casts(request)
    missing = approvals.missing(needed, casts)
    unmet = [step for step in needed if step.name in missing]
    answered = {cast.approver_id for cast in casts}
    candidates = able.besides(session, unmet, question.interested_parties | answered)
    look = _try_out(session, request, candidates.values(), now)
    hypothetical = [_cast(person, unmet) for person in look.willing.values()]
    lacking = approvals.missing(needed, [*casts, *hypothetical])
    shown = tuple(_shown(step, missing[step.name], candidates[step.name], look) for step in unmet)
    return Waiting(shown, _reason(lacking, look) if lacking else None)


def _try_out(
    session: Session, request: Request, candidates: Iterable[Mapping[str, str]], now: datetime
) -> _Look:
    look = _Look({}, [])
    for principal_id in dict.fromkeys(one for step in candidates for one in [*step][:MOST_PEOPLE]):
        person = catalogue.person(session, principal_id)
        if person is None:
            continue
        caller = Caller(name=person.user_name, role=TokenRole.PERSONAL, person=person)
        refused = answering.refusal(session, caller, request, Answer.APPROVE, now=now)
        if refused is None:
            look.willing[principal_id] = person
        else:
            look.refusals.append(refused.detail)
    return look


def _cast(person: Person, steps: Sequence[Step]) -> Cast:
    return Cast(person.id, Answer.APPROVE, approvals.steps_open_to(steps, person))


def _shown(step: Step, required: int, candidates: Mapping[str, str], look: _Look) -> Mapping[str, Any]:
    return {
        "name": step.name,
        "required": required,
        "users": list(step.approvers.users),
        "groups": list(step.approvers.groups),
        "people": [name for id_, name in candidates.items() if id_ in look.willing],
        "more": max(len(candidates) - MOST_PEOPLE, 0),
    }


def _reason(lacking: Mapping[str, int], look: _Look) -> str:
    if look.refusals and not look.willing:
        return look.refusals[0]
    name, count = next(iter(lacking.items()))
    return f"step {name} lacks {count} of those who could approve"
