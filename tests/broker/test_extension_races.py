"""Extending against ending, at the same moment: one wins, the other is told, nothing is done twice."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from protem.broker import extensions
from protem.broker.wakes import wake
from protem.db.models import Grant, Request
from protem.domain.errors import ExtensionPending, GrantOver
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.test_extensions import EXTENSIBLE, HALF, asked_for, reading
from tests.broker.test_races import ROUNDS, at_once, refusals
from tests.broker.worlds import ADMIN, World


@pytest.fixture
def world(world: World) -> World:
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


@pytest.mark.parametrize("round_", ROUNDS)
def test_revoking_and_extending_at_once_have_one_order(world: World, round_: int) -> None:
    grant, alice = reading(world), world.person("alice")
    results = at_once(partial(world.extend, alice, grant), partial(world.revoke, ADMIN, grant))
    found = world.grant(grant)
    assert found.revoked_at is not None
    lost = refusals(results)
    assert [type(refusal) for refusal in lost] in ([], [GrantOver])
    assert found.extensions == 1 - len(lost)
    assert found.ends_at == grant.ends_at + found.extensions * HALF


@pytest.mark.parametrize("round_", ROUNDS)
def test_approving_an_extension_and_revoking_leave_nothing_owed(world: World, round_: int) -> None:
    grant, carol = world.approved(), world.person("carol")
    request = asked_for(world, grant)
    results = at_once(partial(world.decide, carol, request), partial(world.revoke, ADMIN, grant))
    found = world.grant(grant)
    assert found.revoked_at is not None
    assert not found.owing.owes_access(world.clock.now())
    extended = world.request(request).state is RequestState.APPROVED
    assert (found.extensions, len(refusals(results))) == ((1, 0) if extended else (0, 1))


@pytest.mark.parametrize("round_", ROUNDS)
def test_approving_an_extension_and_ending_have_one_winner(world: World, round_: int) -> None:
    grant, carol = world.approved(), world.person("carol")
    world.change(grant, state=GrantState.ACTIVATING)
    request = asked_for(world, grant)
    results = at_once(partial(world.decide, carol, request), begin_ending(world, grant))
    for lost in refusals(results):
        assert isinstance(lost, GrantOver)
        assert lost.facts == {"state": "deactivating"}
    assert world.grant(grant).extensions == 1 - len(refusals(results))
    assert world.events().count("grant.extended") == 1 - len(refusals(results))


@pytest.mark.parametrize("round_", ROUNDS)
def test_one_of_two_who_ask_at_once_is_told_of_the_other(world: World, round_: int) -> None:
    grant, alice = world.approved(), world.person("alice")
    results = at_once(*[partial(world.extend, alice, grant)] * 3)
    with world.store.reading() as session:
        waiting = extensions.pending(session, [grant.id], now=world.clock.now())[grant.id]
    told = refusals(results)
    assert [type(refusal) for refusal in told] == [ExtensionPending, ExtensionPending]
    assert {refusal.facts["request_id"] for refusal in told} == {str(waiting.id)}


@pytest.mark.parametrize("round_", ROUNDS)
def test_extensions_that_need_nobody_add_up_to_the_most_there_is(world: World, round_: int) -> None:
    grant, alice = reading(world), world.person("alice")
    results = at_once(*[partial(world.extend, alice, grant)] * 4)
    assert len(refusals(results)) == 2
    found = world.grant(grant)
    assert (found.extensions, found.ends_at) == (2, grant.ends_at + 2 * HALF)


@pytest.mark.parametrize("round_", ROUNDS)
def test_an_extension_is_approved_once(world: World, round_: int) -> None:
    grant = world.approved()
    request: Request = asked_for(world, grant)
    carol, dave = world.person("carol"), world.person("dave")
    at_once(partial(world.decide, carol, request), partial(world.decide, dave, request))
    assert world.grant(grant).ends_at == grant.ends_at + HALF
    assert world.events().count("grant.extended") == 1
