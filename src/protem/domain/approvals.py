"""Who may decide, and when enough people have."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from protem.domain.catalogue import Person
from protem.domain.decisions import Decision, check, decide
from protem.domain.steps import Step


class Answer(StrEnum):
    """What one approver says."""

    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Question:
    """What must be known of a request to decide who may answer it."""

    requester_id: str
    beneficiary_id: str
    steps: tuple[Step, ...]
    """Every step that it may need; the time of the access decides which of them it does."""
    through: tuple[str, ...] = ()
    """The services that may relay decisions."""

    @property
    def interested_parties(self) -> frozenset[str]:
        return frozenset({self.requester_id, self.beneficiary_id})


@dataclass(frozen=True, slots=True)
class Cast:
    """A decision that was recorded, with the steps its approver was eligible for at that moment."""

    approver_id: str
    answer: Answer
    steps: tuple[str, ...]
    duration: timedelta | None = None


def may_decide(question: Question, approver: Person, *, through: str | None) -> Decision:
    """Decide whether ``approver`` may answer, perhaps relayed by the service named ``through``."""
    return decide(
        (
            check(
                "own_request",
                passed=approver.id not in question.interested_parties,
                explanation="nobody decides about their own request",
            ),
            check(
                "approvers",
                passed=bool(steps_open_to(question.steps, approver)),
                explanation=f"{approver.user_name} is not an approver of any step",
            ),
            check(
                "through",
                passed=through is None or through in question.through,
                explanation=f"the entitlement does not let {through} relay decisions",
            ),
        )
    )


def steps_open_to(steps: Iterable[Step], approver: Person) -> tuple[str, ...]:
    """Return the names of the steps that ``approver`` could serve."""
    return tuple(step.name for step in steps if step.approvers.include(approver))


def missing(steps: Sequence[Step], decisions: Iterable[Cast]) -> Mapping[str, int]:
    """Return how many people each step still wants, by its name, giving each approver to one step only.

    People are matched to steps so that as many seats as possible are filled, whatever the order in
    which they answered: an approver of two steps never blocks the only approver of one.
    """
    seats = [step.name for step in steps for _ in range(step.required)]
    taken: dict[int, Cast] = {}
    for cast in decisions:
        if cast.answer is Answer.APPROVE:
            _seat(cast, seats, taken, set())
    free = Counter(seats[place] for place in range(len(seats)) if place not in taken)
    return {step.name: free[step.name] for step in steps if free[step.name]}


def unmet(steps: Sequence[Step], decisions: Iterable[Cast]) -> tuple[Step, ...]:
    """Return the steps that still want somebody."""
    wanting = missing(steps, decisions)
    return tuple(step for step in steps if step.name in wanting)


def _seat(cast: Cast, seats: Sequence[str], taken: dict[int, Cast], tried: set[int]) -> bool:
    """Find ``cast`` a seat, moving others along where that frees one (augmenting path)."""
    for place, step in enumerate(seats):
        if step not in cast.steps or place in tried:
            continue
        tried.add(place)
        if place not in taken or _seat(taken[place], seats, taken, tried):
            taken[place] = cast
            return True
    return False


def outcome(steps: Sequence[Step], decisions: Sequence[Cast]) -> Answer | None:
    """Return the answer to the request, or None while it is open; one denial ends it."""
    if any(cast.answer is Answer.DENY for cast in decisions):
        return Answer.DENY
    return None if unmet(steps, decisions) else Answer.APPROVE


def approved_duration(asked: timedelta, decisions: Iterable[Cast]) -> timedelta:
    """Return the shortest duration that anybody agreed to."""
    return min([asked, *(cast.duration for cast in decisions if cast.duration is not None)])
