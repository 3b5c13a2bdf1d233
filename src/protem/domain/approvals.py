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
    wanting = Counter({step.name: step.required for step in steps})
    seated: dict[str, list[Cast]] = {name: [] for name in wanting}
    for cast in decisions:
        if cast.answer is Answer.APPROVE and wanting.total():
            _seat(cast, seated, wanting)
    return {name: count for name, count in wanting.items() if count}


def unmet(steps: Sequence[Step], decisions: Iterable[Cast]) -> tuple[Step, ...]:
    """Return the steps that still want somebody."""
    wanting = missing(steps, decisions)
    return tuple(step for step in steps if step.name in wanting)


def _seat(cast: Cast, seated: Mapping[str, list[Cast]], wanting: Counter[str]) -> None:
    """Find ``cast`` a seat, moving others along where that frees one: the shortest augmenting path."""
    came: dict[str, tuple[Cast, str | None]] = {step: (cast, None) for step in cast.steps if step in seated}
    # It grows while it is gone through, the steps with a seat to spare first; hundreds may be wanted in all.
    reached = sorted(came, key=lambda step: not wanting[step])
    for step in reached:
        if wanting[step]:
            _move_along(step, came, seated, wanting)
            return
        for other in seated[step]:
            for further in other.steps:
                if further in seated and further not in came:
                    came[further] = (other, step)
                    reached.append(further)


def _move_along(
    step: str,
    came: Mapping[str, tuple[Cast, str | None]],
    seated: Mapping[str, list[Cast]],
    wanting: Counter[str],
) -> None:
    wanting[step] -= 1
    place: str | None = step
    while place is not None:
        cast, left = came[place]
        seated[place].append(cast)
        if left is not None:
            seated[left].remove(cast)
        place = left


def outcome(steps: Sequence[Step], decisions: Sequence[Cast]) -> Answer | None:
    """Return the answer to the request, or None while it is open; one denial ends it."""
    if any(cast.answer is Answer.DENY for cast in decisions):
        return Answer.DENY
    return None if unmet(steps, decisions) else Answer.APPROVE


def approved_duration(asked: timedelta, decisions: Iterable[Cast]) -> timedelta:
    """Return the shortest duration that anybody agreed to."""
    return min([asked, *(cast.duration for cast in decisions if cast.duration is not None)])
