"""What AWS's limits leave room for, and who has to leave it to whom."""

from collections import Counter

import pytest

from protem.db.models import Act
from protem.reconciler.traffic import MOST_OUTSTANDING, MOST_TROUBLED, TROUBLED_AFTER, Traffic

HERE, THERE = "111122223333", "111122224444"


def full(kind: Act) -> Traffic:
    return Traffic(outstanding=Counter({kind: MOST_OUTSTANDING[kind]}))


@pytest.mark.parametrize("kind", [Act.CREATE, Act.DELETE])
def test_no_more_leave_than_aws_lets_run_at_once(kind: Act) -> None:
    room = Traffic()
    for number in range(MOST_OUTSTANDING[kind]):
        assert room.admits(kind, str(number))
        room.enter(kind, str(number))
    assert not room.admits(kind, HERE)
    assert room.admits(Act.DELETE if kind is Act.CREATE else Act.CREATE, HERE)


@pytest.mark.parametrize("kind", [Act.CREATE, Act.DELETE])
def test_an_account_takes_one_write_at_a_time(kind: Act) -> None:
    room = Traffic(busy={HERE})
    assert not room.admits(kind, HERE)
    assert room.admits(kind, THERE)


@pytest.mark.parametrize("kind", [Act.CREATE, Act.DELETE])
def test_an_account_in_which_others_write_is_left_alone(kind: Act) -> None:
    assert not Traffic(resting={HERE}).admits(kind, HERE)


def test_nothing_begins_where_endings_fail_but_endings_are_tried() -> None:
    room = Traffic(overdue={HERE})
    assert not room.admits(Act.CREATE, HERE)
    assert room.admits(Act.DELETE, HERE)


@pytest.mark.parametrize("kind", [Act.CREATE, Act.DELETE])
def test_what_keeps_failing_leaves_slots_for_the_rest(kind: Act) -> None:
    room = Traffic()
    for number in range(MOST_TROUBLED):
        room.enter(kind, str(number), attempts=TROUBLED_AFTER)
    assert not room.admits(kind, HERE, attempts=TROUBLED_AFTER)
    assert room.admits(kind, HERE)


def test_a_beginning_lets_an_ending_in_its_account_go_first() -> None:
    assert not Traffic(ending={HERE}).admits(Act.CREATE, HERE)
    assert Traffic(ending={HERE}).admits(Act.CREATE, THERE)


def test_a_beginning_goes_ahead_where_more_accounts_have_endings_than_can_leave() -> None:
    room = full(Act.DELETE)
    room.ending = {str(number) for number in range(MOST_OUTSTANDING[Act.DELETE])}
    assert not room.admits(Act.CREATE, "1")
    room.ending.add(HERE)
    assert room.admits(Act.CREATE, "1")


def test_no_more_is_prepared_than_there_are_slots_for_and_nothing_twice() -> None:
    room = full(Act.CREATE)
    assert not room.prepares(HERE)
    room.outstanding[Act.CREATE] -= 1
    assert room.prepares(HERE)
    room.prepared.add(HERE)
    assert not room.prepares(HERE)
    assert not room.prepares(THERE)
