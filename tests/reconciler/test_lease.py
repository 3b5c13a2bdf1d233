"""One reconciler at a time, and a deposed one finds out before it writes or calls."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from protem.db.store import Store
from protem.reconciler.lease import Lease, LeaseLostError
from tests.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(database_url: str, clock: ManualClock) -> Iterator[Store]:
    made = Store(database_url, clock=clock, agreed_time=False)
    yield made
    made.close()


def lease(store: Store, clock: ManualClock, *, exclusive: bool = False) -> Lease:
    return Lease(store=store, clock=clock, duration=timedelta(seconds=6), exclusive=exclusive)


def is_mine(store: Store, candidate: Lease) -> bool:
    with store.writing() as session:
        try:
            candidate.require(session)
        except LeaseLostError:
            return False
    return True


def test_the_first_to_ask_holds_it_and_the_second_stands_by(store: Store, clock: ManualClock) -> None:
    first, second = lease(store, clock), lease(store, clock)
    assert (first.hold(), second.hold()) == (True, False)
    assert (is_mine(store, first), is_mine(store, second)) == (True, False)


def test_it_stays_with_a_holder_who_goes_on_renewing(store: Store, clock: ManualClock) -> None:
    first, second = lease(store, clock), lease(store, clock)
    for _ in range(30):
        assert (first.hold(), second.hold()) == (True, False)
        clock.advance(1)
    assert first.fence == 1


def test_a_standby_takes_over_once_the_holder_has_been_silent_for_its_duration(
    store: Store, clock: ManualClock
) -> None:
    first, second = lease(store, clock), lease(store, clock)
    first.hold()
    clock.advance(5.9)
    assert not second.hold()
    clock.advance(0.2)
    assert second.hold()
    assert second.fence == first.fence + 1


def test_a_holder_that_was_frozen_knows_before_anybody_can_have_taken_over(
    store: Store, clock: ManualClock
) -> None:
    first = lease(store, clock)
    first.hold()
    clock.advance(4.7)
    assert first.held()
    clock.advance(0.2)
    assert not first.held()


def test_a_deposed_holder_is_refused_by_the_database(store: Store, clock: ManualClock) -> None:
    first, second = lease(store, clock), lease(store, clock)
    first.hold()
    clock.advance(7)
    second.hold()
    assert not is_mine(store, first)
    assert not first.hold()
    assert is_mine(store, second)


def test_one_that_is_given_back_can_be_taken_at_once(store: Store, clock: ManualClock) -> None:
    first, second = lease(store, clock), lease(store, clock)
    first.hold()
    first.release()
    assert second.hold()
    assert not first.held()


def test_where_there_can_be_but_one_process_nobody_waits_for_the_dead(
    store: Store, clock: ManualClock
) -> None:
    lease(store, clock).hold()
    heir = lease(store, clock, exclusive=True)
    assert heir.hold()
    assert heir.fence == 2
