"""A grant whose end was moved on lives until then, and not a moment longer."""

import uuid
from datetime import timedelta

import pytest

from protem.broker.callers import CONSOLE
from protem.broker.lengthening import lengthen
from protem.db.models import new_id
from protem.domain.errors import GrantOver
from protem.domain.lifecycle import EndReason, GrantState
from tests.reconciler.world import World


def extend(world: World, grant_id: uuid.UUID, *, minutes: float) -> None:
    """Move the end of a grant, as the approval of an extension does."""
    with world.store.writing() as session:
        longer = timedelta(minutes=minutes)
        lengthen(session, CONSOLE, grant_id, request_id=new_id(), duration=longer, now=world.clock.now())


def test_an_extended_grant_lives_to_its_new_end_and_ends_there(world: World) -> None:
    grant_id = world.grant(minutes=2)
    world.run(60)
    extend(world, grant_id, minutes=2)
    world.run(60 + 115)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ACTIVE, True)
    assert world.calls("DeleteAccountAssignment") == 0
    world.run(30)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason, world.holds()) == (GrantState.ENDED, EndReason.ELAPSED, False)
    (deleted,) = world.sandbox.calls.of("DeleteAccountAssignment")
    assert timedelta() <= deleted.time - grant.ends_at <= timedelta(seconds=1)


def test_the_next_look_is_at_the_new_end(world: World) -> None:
    grant_id = world.grant(minutes=2)
    world.run(60)
    assert world.row().next_attempt_at == world.read(grant_id).ends_at
    extend(world, grant_id, minutes=2)
    world.tick()
    assert world.row().next_attempt_at == world.read(grant_id).ends_at


def test_a_grant_is_extended_while_its_access_is_being_created(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(1)
    assert world.read(grant_id).state is GrantState.ACTIVATING
    extend(world, grant_id, minutes=1)
    world.run(110)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ACTIVE, True)
    world.run(30)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ENDED, False)


def test_a_grant_is_extended_before_its_start(world: World) -> None:
    grant_id = world.grant(minutes=1, starts_in=1)
    extend(world, grant_id, minutes=1)
    world.run(60 + 110)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ACTIVE, True)
    world.run(30)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ENDED, False)


def test_a_restarted_reconciler_knows_the_new_end(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(30)
    extend(world, grant_id, minutes=1)
    world.runner = world.start(exclusive=False)
    world.run(60)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ACTIVE, True)
    world.run(60)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ENDED, False)


@pytest.mark.parametrize("seconds", [60, 61, 75])
def test_once_it_is_over_no_extension_brings_it_back(world: World, seconds: float) -> None:
    grant_id = world.grant(minutes=1)
    world.run(seconds)
    with pytest.raises(GrantOver):
        extend(world, grant_id, minutes=10)
    world.run(30)
    assert (world.read(grant_id).state, world.holds()) == (GrantState.ENDED, False)


def test_extending_one_grant_keeps_no_other_alive(world: World) -> None:
    first, second = world.grant(minutes=1), world.grant(minutes=1)
    world.run(30)
    extend(world, first, minutes=1)
    world.run(60)
    assert (world.read(first).state, world.read(second).state) == (GrantState.ACTIVE, GrantState.ENDED)
    assert world.holds()
    world.run(60)
    assert not world.holds()
