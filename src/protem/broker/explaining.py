"""Dry runs: what would become of a submission, why, and what to do about it. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import able, advising, considering, policy, possession, submission
from protem.broker.callers import Caller
from protem.broker.considering import Considered
from protem.broker.evaluation import Evaluation, evaluate
from protem.broker.possession import Held
from protem.broker.submission import Submission
from protem.domain.authority import Verb
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import Policy
from protem.domain.errors import UnknownEntitlement
from protem.domain.steps import Step
from protem.domain.suggestions import Suggestion
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Staffed:
    """A step, with those who could serve it besides the interested, by their ids."""

    step: Step
    needed: bool
    people: Mapping[str, str]
    enough: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What submitting would have done, and everything that somebody may want to know about it."""

    evaluation: Evaluation
    window: Window | None
    """When there would be access if it were given now."""
    lapses_at: datetime | None
    """When the question would lapse, if it has to be asked."""
    considered: tuple[Considered, ...]
    left_out: int
    """How many more entitlements could have been told of."""
    steps: tuple[Staffed, ...]
    held: tuple[Held, ...]
    suggestions: tuple[Suggestion, ...]


def dry_run(
    session: Session, caller: Caller, wish: Submission, *, bounds: Bounds, now: datetime
) -> Explanation:
    """Say what submitting would do, by the same evaluation.

    Raises what submitting raises for words that mean nothing; what policy refuses is in the answer.
    """
    caller.require(Verb.REQUESTS_SUBMIT)
    ask = submission.understand(session, caller, wish)
    rules = policy.current(session)
    return explain(session, caller, ask, rules=rules, named=wish.entitlement, bounds=bounds, now=now)


def explain(
    session: Session,
    caller: Caller,
    ask: Ask,
    *,
    rules: Policy,
    named: str | None,
    bounds: Bounds,
    now: datetime,
) -> Explanation:
    """Say what would become of an ask under these rules.

    Raises ``UnknownEntitlement`` for a name that no entitlement has.
    """
    found = evaluate(session, ask, rules=rules, named=named, bounds=bounds, now=now)
    if isinstance(found.refusal, UnknownEntitlement) and rules.named(named or "") is None:
        raise found.refusal
    entitlement = found.entitlement
    told = considering.candidates(rules, ask, entitlement)
    # What somebody else holds is for those to know who may ask for them.
    visible = considering.lets_ask_at_all(rules, ask)
    held = possession.of(session, ask.beneficiary, ask.targets, now=now) if visible else ()
    advice = advising.Advice(session, caller, found, named=named, bounds=bounds, now=now)
    asked = found.refusal is None and bool(found.steps_needed)
    return Explanation(
        evaluation=found,
        window=ask.window(entitlement, now) if entitlement else None,
        lapses_at=submission.lapses_at(entitlement, now) if entitlement and asked else None,
        considered=considering.considered(session, found, told[: considering.MOST], bounds=bounds, now=now),
        left_out=len(told[considering.MOST :]),
        steps=_staffed(session, found),
        held=held,
        suggestions=advice.given(told, held),
    )


def _staffed(session: Session, found: Evaluation) -> tuple[Staffed, ...]:
    interested = frozenset({found.ask.requester.id, found.ask.beneficiary.id})
    people = able.besides(session, found.steps, interested)
    lacking = able.short_of(found.steps_needed, people)
    return tuple(_one(step, found.steps_needed, people[step.name], lacking) for step in found.steps)


def _one(
    step: Step, needed: Sequence[Step], people: Mapping[str, str], lacking: Mapping[str, int]
) -> Staffed:
    enough = step.name not in lacking and len(people) >= step.required
    return Staffed(step, needed=step in needed, people=people, enough=enough)
