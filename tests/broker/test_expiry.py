"""Requests that nobody answered in time are closed, once."""

from protem.broker import expiry
from protem.db.models import AuditEvent
from protem.domain.lifecycle import RequestState
from tests.broker.worlds import World


def expire(world: World, *, limit: int = 500) -> int:
    with world.store.writing() as session:
        return expiry.expire_due(session, now=world.clock.now(), limit=limit)


def test_a_request_lapses_when_its_time_is_up(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.clock.advance(24 * 3600 - 0.001)
    assert expire(world) == 0
    world.clock.advance(0.001)
    assert expire(world) == 1
    lapsed = world.request(request)
    assert (lapsed.state, lapsed.answered_at) == (RequestState.EXPIRED, world.clock.now())


def test_lapsing_leaves_one_event_of_our_own(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.clock.advance(24 * 3600)
    assert [expire(world) for _ in range(3)] == [1, 0, 0]
    assert world.events() == ["request.submitted", "request.expired"]
    with world.store.reading() as session:
        event = session.query(AuditEvent).filter_by(type="request.expired").one()
    assert (event.caller, event.request_id) == ("protem", request.id)


def test_answered_requests_do_not_lapse(world: World) -> None:
    approved, withdrawn = world.submit(world.person("alice")), world.submit(world.person("alice"))
    world.decide(world.person("carol"), approved)
    world.withdraw(world.person("alice"), withdrawn)
    world.clock.advance(48 * 3600)
    assert expire(world) == 0
    assert world.request(approved).state is RequestState.APPROVED


def test_many_lapse_in_portions_the_oldest_first(world: World) -> None:
    made = []
    for _ in range(5):
        made.append(world.submit(world.person("alice")))
        world.clock.advance(1)
    world.clock.advance(24 * 3600)
    assert expire(world, limit=2) == 2
    states = [world.request(request).state for request in made]
    assert states == [RequestState.EXPIRED] * 2 + [RequestState.PENDING] * 3
    assert [expire(world, limit=2) for _ in range(3)] == [2, 1, 0]
