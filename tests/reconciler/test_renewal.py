"""Access that somebody else removed, where the entitlement wants it made anew."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker.activation import Obstacle
from protem.db.models import AuditEvent, Grant, Provenance
from protem.domain.lifecycle import EndReason, GrantState
from protem.sandbox import Fault
from tests.reconciler.world import ACCOUNT, World, lost

CREATE = "CreateAccountAssignment"
WATCH = timedelta(seconds=30)
NOTICED = 70
"""After so many seconds a removal has been noticed and confirmed, and what follows it is done."""


@pytest.fixture
def world(world: World) -> World:
    """A world that looks at active access more often than others do."""
    world.watch = WATCH
    world.runner = world.start()
    return world


def remove(world: World) -> None:
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)


def removals(world: World) -> list[dict[str, Any]]:
    with world.store.reading() as session:
        found = select(AuditEvent.facts).where(AuditEvent.type == "assignment.removed_outside")
        return list(session.scalars(found))


def active(world: World, **others: Any) -> uuid.UUID:
    """Return a grant that was told that it is active, and whose access somebody has just removed."""
    grant_id = world.grant(minutes=10, renews=True, **others)
    world.run(10)
    assert world.read(grant_id).state is GrantState.ACTIVE
    remove(world)
    return grant_id


def ended(world: World, grant_id: uuid.UUID) -> EndReason | None:
    grant = world.read(grant_id)
    assert grant.state is GrantState.ENDED
    return grant.end_reason


def test_what_was_removed_is_made_anew_and_ends_on_time(world: World) -> None:
    grant_id = active(world)
    world.run(NOTICED)
    assert world.holds()
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert (world.row().provenance, world.row().renewing_since) == (Provenance.BROKERED, None)
    assert removals(world) == [{"renewed": True}]
    world.run(10 * 60, longest=30)
    assert ended(world, grant_id) is EndReason.ELAPSED
    assert not world.holds()


def test_it_is_made_anew_as_often_as_it_is_removed(world: World) -> None:
    grant_id = active(world)
    world.run(NOTICED)
    remove(world)
    world.run(NOTICED)
    assert world.holds()
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert removals(world) == [{"renewed": True}] * 2
    assert world.calls(CREATE) == 3


def test_what_one_listing_missed_is_not_made_anew(world: World) -> None:
    active(world)
    world.run(15)
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    world.run(120)
    assert world.calls(CREATE) == 1
    assert removals(world) == []


def test_what_may_no_longer_begin_is_not_made_anew(world: World) -> None:
    grant_id = active(world)

    def no(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
        return lost("alice is no longer among the requesters")

    world.why_not = no
    world.run(NOTICED)
    assert ended(world, grant_id) is EndReason.REMOVED_OUTSIDE
    assert world.read(grant_id).failure_detail == "alice is no longer among the requesters"
    assert not world.holds()
    assert world.calls(CREATE) == 1


@pytest.mark.parametrize(
    "fault", [Fault.refuse("ResourceNotFoundException", "no user"), Fault.failed("404 status error: no user")]
)
def test_what_aws_refuses_for_good_is_not_made_anew(world: World, fault: Fault) -> None:
    grant_id = active(world)
    world.sandbox.faults.order(fault, operation=CREATE, times=None)
    world.run(NOTICED)
    assert ended(world, grant_id) is EndReason.REMOVED_OUTSIDE
    assert "no user" in str(world.read(grant_id).failure_detail)
    assert (world.row().provenance, world.row().renewing_since) == (Provenance.NONE, None)
    assert world.row().next_attempt_at is None


@pytest.mark.parametrize(
    "fault",
    [
        Fault.throttle(),
        Fault.conflict(),
        Fault.server_error(),
        Fault.server_error(takes_effect=True),
        Fault.lost_request(),
        Fault.lost_reply(),
        Fault.failed("An internal error"),
        Fault.latency(11),
    ],
    ids=lambda fault: fault.name,
)
def test_a_passing_fault_only_delays_it(world: World, fault: Fault) -> None:
    grant_id = active(world)
    world.sandbox.faults.order(fault, operation=CREATE, times=2)
    world.run(NOTICED + 60)
    assert world.holds()
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert removals(world) == [{"renewed": True}]
    world.run(10 * 60, longest=30)
    assert ended(world, grant_id) is EndReason.ELAPSED
    assert not world.holds()


def test_access_that_somebody_put_in_its_place_is_theirs(world: World) -> None:
    grant_id = renewing(world, times=10)
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    world.run(120)
    assert ended(world, grant_id) is EndReason.REMOVED_OUTSIDE
    assert world.row().provenance is Provenance.STANDING
    world.run(10 * 60, longest=60)
    assert world.holds()
    assert world.calls("DeleteAccountAssignment") == 0


def renewing(world: World, *, times: int = 3) -> uuid.UUID:
    """Return a grant whose access is to be made anew, as soon as AWS lets it."""
    grant_id = active(world)
    world.sandbox.faults.order(Fault.throttle(), operation=CREATE, times=times)
    while world.row().renewing_since is None:
        world.run(1)
    assert not world.holds()
    return grant_id


def test_its_time_may_be_up_before_it_is_made_anew(world: World) -> None:
    grant_id = active(world)
    world.sandbox.faults.order(Fault.throttle(), operation=CREATE, times=None)
    world.run(10 * 60, longest=30)
    assert ended(world, grant_id) is EndReason.ELAPSED
    assert (world.row().provenance, world.holds()) == (Provenance.NONE, False)
    assert removals(world) == [{"renewed": True}]


def test_revoking_while_it_is_made_anew_removes_what_is_made(world: World) -> None:
    grant_id = active(world)
    while world.row().operation_kind is None:
        world.run(0.5)
    world.revoke(grant_id)
    world.run(60)
    assert ended(world, grant_id) is EndReason.REVOKED
    assert not world.holds()


def test_one_grant_that_renews_keeps_its_neighbours_active(world: World) -> None:
    neighbour = world.grant(minutes=5)
    grant_id = active(world)
    world.run(NOTICED)
    states = {world.read(one).state for one in (neighbour, grant_id)}
    assert (states, world.holds()) == ({GrantState.ACTIVE}, True)


def test_without_it_a_neighbour_that_does_not_renew_is_over(world: World) -> None:
    neighbour = world.grant(minutes=5)
    grant_id = renewing(world)
    world.revoke(grant_id)
    world.run(60)
    assert ended(world, grant_id) is EndReason.REVOKED
    assert ended(world, neighbour) is EndReason.REMOVED_OUTSIDE
    assert not world.holds()
    assert removals(world) == [{"renewed": True}, {}]


def test_new_access_to_the_same_begins_along_with_it(world: World) -> None:
    grant_id = renewing(world)
    another = world.grant(minutes=5)
    world.run(60)
    states = {world.read(one).state for one in (another, grant_id)}
    assert (states, world.holds()) == ({GrantState.ACTIVE}, True)
