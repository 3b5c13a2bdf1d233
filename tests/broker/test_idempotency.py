"""The same key gets the same answer, and nothing else under that key is believed."""

from typing import Any

from protem.broker import idempotency
from protem.broker.callers import Caller
from protem.broker.idempotency import Remembered
from protem.domain.errors import IdempotencyKeyReused, InvalidInput, NotEligible
from tests.broker.worlds import World

ROUTE = "requests.submit"


def send(
    world: World, caller: Caller, *, key: str = "k-1", body: Any = None, route: str = ROUTE
) -> Remembered | None:
    """Send once; the effect is nothing but an answer."""
    with world.store.writing() as session:
        first = idempotency.recall(
            session, caller, route=route, key=key, body=body or {"a": 1}, now=world.clock.now()
        )
        if first is None:
            answer = {"sent_at": world.clock.now().isoformat()}
            idempotency.remember(session, caller, route=route, key=key, status=201, answer=answer)
        return first


def test_a_second_sending_gets_the_first_answer(world: World) -> None:
    alice = world.person("alice")
    sent_at = world.clock.now().isoformat()
    assert send(world, alice) is None
    world.clock.advance(60)
    assert send(world, alice) == Remembered(201, {"sent_at": sent_at})
    assert send(world, alice) == Remembered(201, {"sent_at": sent_at})


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
        idempotency.recall(session, caller, route=ROUTE, key="k-1", body={"a": 1}, now=world.clock.now())
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
        assert idempotency.purge(session, before=world.clock.now()) == 1
    assert send(world, alice, key="old") is None
    assert send(world, alice, key="new") is not None
