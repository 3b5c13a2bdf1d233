"""One reconciler at a time, and a deposed one finds out before it writes or calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

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


def test_what_was_begun_in_an_earlier_term_is_refused_in_a_later_one(
    store: Store, clock: ManualClock
) -> None:
    """A process that lost the lease and has it back: others may have worked meanwhile."""
    only = lease(store, clock)
    only.hold()
    with only.term():
        resume = only.bound(lambda: found.append((only.held(), is_mine(store, only))))
    clock.advance(7)
    found: list[tuple[bool, bool]] = []
    resume()
    assert only.hold()
    resume()
    assert found == [(False, True), (False, False)]
    assert (only.held(), is_mine(store, only)) == (True, True)


class Slow(Store):
    """A store whose transactions take as long as a test wants, which looks on meanwhile."""

    meanwhile: Callable[[], None] | None = None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            yield session
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                meanwhile()


@pytest.fixture
def slow(database_url: str, clock: ManualClock) -> Iterator[Slow]:
    made = Slow(database_url, clock=clock, agreed_time=False)
    yield made
    made.close()


def test_while_it_is_being_renewed_nobody_waits_for_that(slow: Slow, clock: ManualClock) -> None:
    only = lease(slow, clock)
    only.hold()
    clock.advance(3)
    asked: list[bool] = []
    slow.meanwhile = lambda: asked.append(only.hold())
    assert only.hold()
    assert asked == [True]


def test_a_renewal_that_takes_too_long_counts_from_when_it_was_sent(slow: Slow, clock: ManualClock) -> None:
    only = lease(slow, clock)
    only.hold()
    clock.advance(3)
    slow.meanwhile = partial(clock.advance, 4.9)
    only.hold()
    assert not only.held()


def test_whoever_cannot_reach_the_database_stops_calling_before_anybody_takes_over(
    slow: Slow, clock: ManualClock
) -> None:
    only, heir = lease(slow, clock), lease(slow, clock)
    only.hold()
    began = clock.monotonic()
    while only.held():
        clock.advance(0.25)
        slow.meanwhile = unreachable
        with suppress(ConnectionError):
            only.hold()
        slow.meanwhile = None
    assert clock.monotonic() - began <= 5
    assert not heir.hold()


def unreachable() -> None:
    raise ConnectionError


def test_a_standby_asks_the_database_no_more_often_than_it_must(slow: Slow, clock: ManualClock) -> None:
    lease(slow, clock).hold()
    standby = lease(slow, clock)
    assert not standby.hold()
    slow.meanwhile = unreachable
    assert not any(standby.hold() for _ in range(100))
    clock.advance(0.2)
    with pytest.raises(ConnectionError):
        standby.hold()


def test_a_transaction_of_somebody_who_is_frozen_keeps_nobody_waiting_for_long(
    postgresql_url: str, clock: ManualClock
) -> None:
    """It holds the lease's row, and it may hold those of assignments whose access is over."""
    store = Store(postgresql_url, clock=clock)
    with store.reading() as session:
        limit = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    store.close()
    assert limit == "8s"
