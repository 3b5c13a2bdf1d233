"""Extending against ending, at the same moment: one wins, the other is told, nothing is done twice."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from protem.broker import extensions
from protem.broker.wakes import wake
from protem.db.models import Grant
from protem.domain.errors import ExtensionPending, GrantOver
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.racing import ROUNDS, News, at_once, refusals
from tests.broker.test_extensions import EXTENSIBLE, HALF, asked_for, reading
from tests.broker.worlds import ADMIN, World


@pytest.fixture
def world(world: World) -> World:
    """The usual world, in which every grant may be extended twice."""
    world.apply(EXTENSIBLE)
    return world


def begin_ending(world: World, grant: Grant) -> Callable[[], Any]:
    """Return an act that brings a grant towards its end as the reconciler does."""

    def act() -> None:
        with world.store.writing() as session:
            wake(session, grant.assignment_id, at=world.clock.now())
            found = session.get_one(Grant, grant.id, with_for_update=True)
            found.state, found.end_reason = GrantState.DEACTIVATING, EndReason.ELAPSED

    return act


def test_revoking_and_extending_at_once_have_one_order(world: World, rivals: list[World]) -> None:
    alice = world.person("alice")
    for _ in ROUNDS:
        grant = reading(world)
        lost = refusals(
            at_once(partial(rivals[0].extend, alice, grant), partial(rivals[1].revoke, ADMIN, grant))
        )
        found = world.grant(grant)
        assert found.revoked_at is not None
        assert [type(refusal) for refusal in lost] in ([], [GrantOver])
        assert found.extensions == 1 - len(lost)
        assert found.ends_at == grant.ends_at + found.extensions * HALF


def test_asking_for_more_time_and_revoking_leave_nothing_that_waits(
    world: World, rivals: list[World]
) -> None:
    alice = world.person("alice")
    for _ in ROUNDS:
        grant = world.approved()
        at_once(partial(rivals[0].extend, alice, grant), partial(rivals[1].revoke, ADMIN, grant))
        assert world.grant(grant).revoked_at is not None
        with world.store.reading() as session:
            assert extensions.pending(session, [grant.id], now=world.clock.now()) == {}


def test_approving_an_extension_and_revoking_leave_nothing_owed(world: World, rivals: list[World]) -> None:
    carol = world.person("carol")
    for _ in ROUNDS:
        grant = world.approved()
        request = asked_for(world, grant)
        results = at_once(partial(rivals[0].decide, carol, request), partial(rivals[1].revoke, ADMIN, grant))
        found = world.grant(grant)
        assert found.revoked_at is not None
        assert not found.owing.owes_access(world.clock.now())
        extended = world.request(request).state is RequestState.APPROVED
        assert (found.extensions, len(refusals(results))) == ((1, 0) if extended else (0, 1))


def test_approving_an_extension_and_ending_have_one_order(world: World, rivals: list[World]) -> None:
    carol = world.person("carol")
    for _ in ROUNDS:
        grant = world.approved()
        world.change(grant, state=GrantState.ACTIVATING)
        request, news = asked_for(world, grant), News(world)
        lost = refusals(at_once(partial(rivals[0].decide, carol, request), begin_ending(rivals[1], grant)))
        assert [(type(one), one.facts) for one in lost] in ([], [(GrantOver, {"state": "deactivating"})])
        assert world.grant(grant).extensions == news.told().count("grant.extended") == 1 - len(lost)


def test_those_who_ask_at_once_are_told_of_the_one_who_was_first(world: World, rivals: list[World]) -> None:
    alice = world.person("alice")
    for _ in ROUNDS:
        grant = world.approved()
        told = refusals(at_once(*(partial(rival.extend, alice, grant) for rival in rivals[:3])))
        with world.store.reading() as session:
            waiting = extensions.pending(session, [grant.id], now=world.clock.now())[grant.id]
        assert [type(refusal) for refusal in told] == [ExtensionPending, ExtensionPending]
        assert {refusal.facts["request_id"] for refusal in told} == {str(waiting.id)}


def test_extensions_that_need_nobody_add_up_to_the_most_there_is(world: World, rivals: list[World]) -> None:
    alice = world.person("alice")
    for _ in ROUNDS:
        grant = reading(world)
        assert len(refusals(at_once(*(partial(rival.extend, alice, grant) for rival in rivals)))) == 2
        found = world.grant(grant)
        assert (found.extensions, found.ends_at) == (2, grant.ends_at + 2 * HALF)


def test_an_extension_is_approved_once(world: World, rivals: list[World]) -> None:
    carol, dave = world.person("carol"), world.person("dave")
    for _ in ROUNDS:
        grant = world.approved()
        request, news = asked_for(world, grant), News(world)
        at_once(partial(rivals[0].decide, carol, request), partial(rivals[1].decide, dave, request))
        assert world.grant(grant).ends_at == grant.ends_at + HALF
        assert news.told().count("grant.extended") == 1
