"""Who may decide, and when it is enough; people are matched to steps as well as can be."""

from datetime import timedelta
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain.approvals import (
    Answer,
    Cast,
    Question,
    approved_duration,
    may_decide,
    missing,
    outcome,
    steps_open_to,
    unmet,
)
from protem.domain.catalogue import Group, Person
from protem.domain.selectors import People
from protem.domain.steps import Step

LEADS, SECURITY = Group("g-1", "leads"), Group("g-2", "security")
CAROL = Person("u-carol", "carol", frozenset({LEADS}))
DAVE = Person("u-dave", "dave", frozenset({LEADS, SECURITY}))
ALICE = Person("u-alice", "alice", frozenset({LEADS}))
STEPS = (Step("lead", People(groups=("Leads",))), Step("security", People(groups=("security",))))
QUESTION = Question(requester_id="u-alice", beneficiary_id="u-bob", steps=STEPS, through=("slack",))


def cast(name: str, *steps: str, answer: Answer = Answer.APPROVE, duration: timedelta | None = None) -> Cast:
    return Cast(name, answer, steps, duration)


def refused(approver: Person, *, through: str | None = None) -> list[str]:
    return [check.rule for check in may_decide(QUESTION, approver, through=through).refusals]


def test_an_approver_of_any_step_may_decide() -> None:
    assert refused(CAROL) == []
    assert refused(DAVE, through="slack") == []


@pytest.mark.parametrize("interested", ["u-alice", "u-bob"])
def test_nobody_decides_about_what_is_theirs(interested: str) -> None:
    assert refused(Person(interested, "someone", frozenset({LEADS, SECURITY}))) == ["own_request"]


def test_who_is_named_by_no_step_may_not_decide() -> None:
    assert refused(Person("u-erin", "erin")) == ["approvers"]


@pytest.mark.parametrize("service", ["teams", "Slack", "slack "])
def test_only_the_services_that_are_named_relay(service: str) -> None:
    assert refused(CAROL, through=service) == ["through"]


def test_steps_are_open_by_group() -> None:
    assert steps_open_to(STEPS, CAROL) == ("lead",)
    assert steps_open_to(STEPS, DAVE) == ("lead", "security")


def test_one_person_serves_one_step() -> None:
    assert outcome(STEPS, [cast("dave", "lead", "security")]) is None


@pytest.mark.parametrize("order", list(permutations(["carol", "dave"])))
def test_an_approver_of_two_steps_makes_room(order: tuple[str, ...]) -> None:
    casts = {"carol": cast("carol", "lead"), "dave": cast("dave", "lead", "security")}
    assert outcome(STEPS, [casts[name] for name in order]) is Answer.APPROVE


def test_one_denial_ends_it() -> None:
    casts = [cast("carol", "lead"), cast("dave", "security"), cast("erin", "lead", answer=Answer.DENY)]
    assert outcome(STEPS, casts) is Answer.DENY


def test_a_step_can_want_several_people() -> None:
    two = (Step("lead", People(groups=("leads",)), required=2),)
    assert outcome(two, [cast("carol", "lead")]) is None
    assert outcome(two, [cast("carol", "lead"), cast("dave", "lead")]) is Answer.APPROVE


def test_the_shortest_duration_that_anybody_agreed_to_counts() -> None:
    hours = [timedelta(hours=n) for n in (4, 3, 2)]
    casts = [
        cast("carol", "lead", duration=hours[2]),
        cast("dave", "security"),
        cast("erin", duration=hours[1]),
    ]
    assert approved_duration(hours[0], casts) == hours[2]
    assert approved_duration(hours[0], []) == hours[0]


def test_as_many_people_as_the_language_can_want_find_their_seats() -> None:
    steps = tuple(Step(f"step {n}", People(), 100) for n in range(20))
    names = tuple(step.name for step in steps)
    casts = [cast(f"person {n}", *names) for n in range(2_000)]
    assert missing(steps, casts[1:]) == {"step 19": 1}
    assert missing(steps, casts) == {}


NAMES = ("a", "b", "c")


@given(
    required=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    eligible=st.lists(st.sets(st.sampled_from(NAMES)), max_size=6),
)
def test_as_many_seats_are_filled_as_any_seating_could(required: list[int], eligible: list[set[str]]) -> None:
    steps = tuple(Step(name, People(), n) for name, n in zip(NAMES, required, strict=False))
    casts = [cast(f"person {n}", *sorted(open_)) for n, open_ in enumerate(eligible)]
    best = _best_seating([step.name for step in steps for _ in range(step.required)], eligible)
    whole = best == sum(required)
    assert (outcome(steps, casts) is Answer.APPROVE) == whole
    assert (unmet(steps, casts) == ()) == whole


def _best_seating(seats: list[str], eligible: list[set[str]]) -> int:
    """Try every way to give people seats, the fullest first."""
    for filled in range(min(len(seats), len(eligible)), 0, -1):
        for chosen in combinations(seats, filled):
            for people in permutations(eligible, filled):
                if all(seat in steps for seat, steps in zip(chosen, people, strict=True)):
                    return filled
    return 0
