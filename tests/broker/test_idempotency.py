"""The same key gets the same answer, and nothing else under that key is believed."""

from datetime import timedelta
from typing import Any

from protem.broker.callers import Caller
from protem.broker.idempotency import Answer, Place, purge, recall, remember
from protem.domain.errors import IdempotencyKeyReused, InvalidInput, NotEligible
from tests.broker.worlds import World

ROUTE = "requests.submit"
RETENTION = timedelta(hours=24)


def send(
    world: World, caller: Caller, *, key: str = "k-1", body: Any = None, route: str = ROUTE
) -> Answer | None:
    """Send once; the effect is nothing but an answer."""
    with world.store.writing() as session:
        place, now = Place(caller.key, route, key), world.clock.now()
        first = recall(session, place, body=body or {"a": 1}, retention=RETENTION, now=now)
        if first is None:
            remember(session, place, Answer(201, {"sent_at": now.isoformat()}, f"/v1/things/{key[:20]}"))
        return first


def test_a_second_sending_gets_the_first_answer(world: World) -> None:
    alice = world.person("alice")
    sent_at = world.clock.now().isoformat()
    assert send(world, alice) is None
    world.clock.advance(60)
    assert send(world, alice) == Answer(201, {"sent_at": sent_at}, "/v1/things/k-1")
    assert send(world, alice) == Answer(201, {"sent_at": sent_at}, "/v1/things/k-1")


def test_another_body_under_the_same_key_is_refused(world: World) -> None:
    alice = world.person("alice")
    send(world, alice)
    with world.refusing(IdempotencyKeyReused):
        send(world, alice, body={"a": 2})


def test_the_order_of_fields_is_no_other_body(world: World) -> None:
    alice = world.person("alice")
    send(world, alice, body={"a": 1, "b": 2})
    assert send(world, alice, body={"b": 2, "a": 1}) is not None


def test_keys_belong_to_one_caller_and_one_route(world: World) -> None:
    callers = [
        world.person("alice"),
        world.person("bob"),
        world.bot("slack", acting="alice"),
        world.bot("slack", acting="bob"),
        world.bot("teams", acting="alice"),
        world.bot("slack"),
    ]
    assert [send(world, caller) for caller in callers] == [None] * len(callers)
    assert send(world, callers[0], route="other") is None
    assert len({caller.key for caller in callers}) == len(callers)


def fail(world: World, caller: Caller) -> None:
    """Send something that is refused."""
    with world.store.writing() as session:
        place = Place(caller.key, ROUTE, "k-1")
        recall(session, place, body={"a": 1}, retention=RETENTION, now=world.clock.now())
        raise NotEligible("no")


def test_a_refusal_leaves_the_key_free(world: World) -> None:
    alice = world.person("alice")
    with world.refusing(NotEligible):
        fail(world, alice)
    assert send(world, alice, body={"a": 2}) is None


def test_keys_are_visible_ascii(world: World) -> None:
    alice = world.person("alice")
    for key in ("", " ", "a b", "é", "a\n", "\x00", "a" * 256):
        with world.refusing(InvalidInput) as caught:
            send(world, alice, key=key)
        assert caught.value.errors[0].field == "Idempotency-Key"
    for key in ("!", "a" * 255, "~'\"\\{}"):
        assert send(world, alice, key=key) is None


def test_old_keys_are_forgotten(world: World) -> None:
    alice = world.person("alice")
    send(world, alice, key="old")
    world.clock.advance(3600)
    send(world, alice, key="new")
    with world.store.writing() as session:
        assert purge(session, before=world.clock.now()) == 1
    assert send(world, alice, key="old") is None
    assert send(world, alice, key="new") is not None


def test_a_key_is_free_again_when_its_time_is_over_whether_anybody_tidies_or_not(world: World) -> None:
    alice = world.person("alice")
    send(world, alice)
    world.clock.advance(RETENTION.total_seconds() - 1)
    assert send(world, alice) is not None
    world.clock.advance(1)
    assert send(world, alice, body={"a": 2}) is None
    assert send(world, alice, body={"a": 2}) == Answer(
        201, {"sent_at": world.clock.now().isoformat()}, "/v1/things/k-1"
    )
    with world.refusing(IdempotencyKeyReused):
        send(world, alice)
