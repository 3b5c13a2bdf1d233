"""What somebody has had counts: at most so many at once, so long between, and no glass twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain.entitlements import Entitlement
from protem.domain.histories import NO_HISTORY, History, most_at_once, rules
from protem.domain.windows import Window
from tests.domain.test_eligibility import RULE
from tests.policies import HOUR, NOW, windows

SECOND = timedelta(seconds=1)
ONE = replace(RULE, maximum_concurrent=1)
TWO = replace(RULE, maximum_concurrent=2)
WAITING = replace(RULE, cool_down=2 * HOUR)


def span(start: float, end: float) -> Window:
    """Return a window by its hours from now."""
    return Window(NOW + start * HOUR, NOW + end * HOUR)


def refused(
    rule: Entitlement,
    window: Window,
    *others: Window,
    targets: int = 1,
    extends: Window | None = None,
    over_at: datetime | None = None,
) -> list[str]:
    history = History(windows=others, last_over_at=over_at)
    found = rules(rule, history, window, targets=targets, extends=extends)
    return [check.rule for check in found if check.verdict != "satisfied"]


def test_without_limits_nothing_is_counted() -> None:
    assert refused(RULE, span(0, 1), span(0, 1), span(-1, 3), over_at=NOW) == []


@pytest.mark.parametrize(
    ("rule", "others", "targets", "allowed"),
    [
        (ONE, [], 1, True),
        (ONE, [], 2, False),
        (ONE, [span(0, 2)], 1, False),
        (ONE, [span(-1, 1)], 1, True),
        (ONE, [span(2, 3)], 1, True),
        (ONE, [span(-1, 1.1)], 1, False),
        (ONE, [span(1.9, 3)], 1, False),
        (TWO, [span(0, 2)], 1, True),
        (TWO, [span(0, 2)], 2, False),
        (TWO, [span(0, 1.5), span(1.5, 3)], 1, True),
        (TWO, [span(0, 1.6), span(1.5, 3)], 1, False),
        (TWO, [span(0, 9), span(3, 4)], 1, True),
    ],
)
def test_at_no_time_are_there_more_grants_than_allowed(
    rule: Entitlement, others: list[Window], targets: int, *, allowed: bool
) -> None:
    assert refused(rule, span(1, 2), *others, targets=targets) == ([] if allowed else ["maximum_concurrent"])


@given(st.lists(windows(), max_size=6), windows())
def test_most_at_once_is_what_a_walk_finds(others: Sequence[Window], during: Window) -> None:
    minutes = (during.ends_at - during.starts_at) // timedelta(minutes=30)
    instants = [during.starts_at + step * timedelta(minutes=30) for step in range(minutes)]
    assert most_at_once(others, during=during) == max(
        sum(one.starts_at <= instant < one.ends_at for one in others) for instant in instants
    )


def test_a_great_many_grants_that_were_asked_for_ahead_are_counted_at_once() -> None:
    ahead = [span(minute / 60, (minute + 2) / 60) for minute in range(20_000)]
    assert most_at_once(ahead, during=span(0, 400)) == 2


def test_a_grant_that_is_extended_does_not_count_beside_itself() -> None:
    assert refused(ONE, span(-1, 2), span(-1, 1), extends=span(-1, 1)) == []


def test_a_grant_of_the_same_time_counts_beside_one_that_is_extended_no_longer_than_it_lasts() -> None:
    assert refused(ONE, span(-1, 2), span(-1, 1), span(-1, 1), extends=span(-1, 1)) == []
    assert refused(ONE, span(-1, 2), span(-1, 1), span(-1, 2), extends=span(-1, 1)) == ["maximum_concurrent"]


def test_a_grant_is_not_extended_into_another_beyond_the_limit() -> None:
    assert refused(ONE, span(-1, 2), span(-1, 1), span(1, 2), extends=span(-1, 1)) == ["maximum_concurrent"]
    assert refused(TWO, span(-1, 2), span(-1, 1), span(1, 2), extends=span(-1, 1)) == []


@pytest.mark.parametrize(
    ("start", "over_at", "allowed"),
    [(0, -2, True), (0, -1.9, False), (1, -1, True), (0, 0, False), (0, None, True)],
)
def test_access_is_given_again_after_a_while(start: int, over_at: float | None, *, allowed: bool) -> None:
    over = None if over_at is None else NOW + over_at * HOUR
    assert refused(WAITING, span(start, start + 1), over_at=over) == ([] if allowed else ["cool_down"])


@pytest.mark.parametrize(
    ("other", "allowed"),
    [
        (span(0, 1), True),
        (span(0, 1.1), False),
        (span(0, 3), False),
        (span(4, 5), False),
        (span(5.9, 7), False),
        (span(6, 7), True),
        (span(3, 4), True),
        (span(1, 3.5), True),
    ],
)
def test_nobody_gets_round_the_wait_by_asking_ahead(other: Window, *, allowed: bool) -> None:
    # What overlaps is one time of access together.
    assert refused(WAITING, span(3, 4), other) == ([] if allowed else ["cool_down"])


def test_a_grant_is_not_extended_up_to_the_next() -> None:
    assert refused(WAITING, span(-1, 2), span(-1, 1), span(3, 4), extends=span(-1, 1)) == ["cool_down"]
    assert refused(WAITING, span(-1, 2), span(-1, 1), span(4, 5), extends=span(-1, 1)) == []


def test_the_wait_before_a_grant_is_over_once_it_is_there() -> None:
    assert refused(WAITING, span(-1, 2), span(-1, 1), extends=span(-1, 1), over_at=NOW - HOUR) == []


def test_a_refusal_says_when_access_is_given_again() -> None:
    history = replace(NO_HISTORY, last_over_at=NOW - HOUR)
    (found,) = rules(WAITING, history, span(0, 1), targets=1, extends=None)
    assert found.explanation == "prod-admin gives access again from 2026-01-05 13:00:00 UTC on"
    (found,) = rules(WAITING, History(windows=(span(2, 3),)), span(0, 1), targets=1, extends=None)
    assert found.explanation == (
        "prod-admin wants PT2H without access before the grant that begins at 2026-01-05 14:00:00 UTC"
    )


def test_glass_is_not_broken_again_before_somebody_has_looked() -> None:
    glass = replace(RULE, break_glass=True)
    waiting = History(open_review=True)
    verdicts = [check.verdict for check in rules(glass, waiting, span(0, 1), targets=1, extends=None)]
    assert verdicts == ["unsatisfied"]
    assert list(rules(glass, waiting, span(0, 1), targets=1, extends=span(0, 0.5))) == []
    assert list(rules(RULE, waiting, span(0, 1), targets=1, extends=None)) == []
