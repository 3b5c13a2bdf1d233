"""Keys under two sendings at once, and under a process that dies in the middle."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from threading import Event, Thread

import pytest
from sqlalchemy import text

from protem.broker.idempotency import Answer, Place, recall, remember
from protem.db.store import Store
from protem.domain.errors import IdempotencyKeyBusy
from tests.broker.racing import FEW, apart, at_once
from tests.broker.worlds import World

RETENTION = timedelta(hours=24)
BODY = {"a": 1}


@pytest.fixture
def rivals(world: World) -> Iterator[list[World]]:
    """Three other processes on the database."""
    with apart(world, 3) as others:
        yield others


def place(key: str) -> Place:
    return Place("caller", "requests.submit", key)


def send(world: World, key: str, *, label: str = "") -> Answer | str:
    """Send once; return the answer of an earlier sending, or the label of this one, which had the effect."""
    with world.store.writing() as session:
        now = world.clock.now()
        first = recall(session, place(key), body=BODY, retention=RETENTION, now=now)
        if first is None:
            remember(session, place(key), Answer(201, {"by": label}))
        return first or label


def test_of_many_sendings_at_once_one_has_the_effect(world: World, rivals: list[World]) -> None:
    for number in FEW:
        sending = (partial(send, one, f"k-{number}", label=f"by {at}") for at, one in enumerate(rivals))
        results = at_once(*sending)
        (winner,) = (result for result in results if isinstance(result, str))
        others = [result for result in results if isinstance(result, Answer)]
        assert others == [Answer(201, {"by": winner})] * 2


def test_of_many_sendings_of_an_old_key_one_has_the_effect(world: World, rivals: list[World]) -> None:
    for number in FEW:
        send(world, f"k-{number}", label="long ago")
    world.clock.advance(RETENTION.total_seconds())
    for number in FEW:
        sending = (partial(send, one, f"k-{number}", label=f"by {at}") for at, one in enumerate(rivals))
        results = at_once(*sending)
        (winner,) = (result for result in results if isinstance(result, str))
        others = [result for result in results if isinstance(result, Answer)]
        assert others == [Answer(201, {"by": winner})] * 2


class Dead(Exception):
    """The process is gone."""


def die(world: World, key: str, *, taken: Event, over: Event) -> None:
    """Take a key, have half of an effect, and lose the connection as a killed process does."""
    with suppress(Dead), world.store.writing() as session:
        assert recall(session, place(key), body=BODY, retention=RETENTION, now=world.clock.now()) is None
        taken.set()
        assert over.wait(10)
        session.invalidate()
        raise Dead


def test_what_a_dying_process_took_is_free_for_who_waited(world: World, rivals: list[World]) -> None:
    one, other, _ = rivals
    taken, over = Event(), Event()
    dying = Thread(target=die, args=(one, "k"), kwargs={"taken": taken, "over": over})
    dying.start()
    assert taken.wait(10)
    results: list[Answer | str] = []
    waiting = Thread(target=lambda: results.append(send(other, "k", label="second")))
    waiting.start()
    over.set()
    dying.join(10)
    waiting.join(10)
    assert results == ["second"]
    assert send(world, "k") == Answer(201, {"by": "second"})


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[World]:
    """SQLite's writers queue in front of the transaction, where nobody is told to give up."""
    world = World(postgresql_url)
    yield world
    world.store.close()


def test_a_wait_that_takes_too_long_is_told_to_send_again(on_postgresql: World) -> None:
    world = on_postgresql
    hurried = Store(world.url, clock=world.clock, pool_size=1)
    with world.store.writing() as first:
        now = world.clock.now()
        assert recall(first, place("k"), body=BODY, retention=RETENTION, now=now) is None
        with hurried.writing() as second:
            second.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(IdempotencyKeyBusy):
                recall(second, place("k"), body=BODY, retention=RETENTION, now=now)
            second.rollback()
        remember(first, place("k"), Answer(201, {"by": "first"}))
    hurried.close()
    assert send(world, "k") == Answer(201, {"by": "first"})
