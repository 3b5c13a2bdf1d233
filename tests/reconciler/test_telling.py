"""An ending that fails says so, with what to do: in time, once, and again for each day that it lasts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from protem.db.models import AuditEvent
from protem.domain.causes import ADVICE, Cause
from protem.reconciler import telling
from protem.sandbox.faults import Fault
from tests.reconciler.world import World

DELETE, CREATE = "DeleteAccountAssignment", "CreateAccountAssignment"
SUSPENDED = "Obtaining permissions to manage your AWS account 111122223333 takes longer than usual"


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world of its own: what is told has nothing to do with the kind of its database."""
    made = World(sqlite_url)
    yield made
    made.close()


def told(world: World, event: str) -> list[dict[str, Any]]:
    with world.store.reading() as session:
        found = select(AuditEvent.facts).where(AuditEvent.type == event).order_by(AuditEvent.id)
        return list(session.scalars(found))


def fail(world: World, operation: str, reason: str, *, times: int | None = None) -> None:
    world.sandbox.faults.order(Fault.failed(reason), operation=operation, times=times)


def test_an_ending_that_keeps_failing_says_what_to_do(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    fail(world, DELETE, "Received a 403 status error: Access denied")
    world.run(240, longest=30)
    (facts,) = told(world, "assignment.stuck")
    assert (facts["cause"], facts["code"]) == (Cause.MISSING_IAM_RIGHTS, "FAILED")
    assert facts["advice"] == ADVICE[Cause.MISSING_IAM_RIGHTS]
    assert world.row().last_error_cause == Cause.MISSING_IAM_RIGHTS


def test_it_says_so_too_when_its_beginning_had_failed_before(world: World) -> None:
    grant_id = world.grant(minutes=30)
    fail(world, CREATE, "Received a 403 status error: Access denied", times=12)
    world.run(200, longest=10)
    assert world.row().attempts > 6
    world.sandbox.faults.clear()
    world.sandbox.faults.order(Fault.lost_reply(), operation=CREATE, times=1)
    fail(world, DELETE, "something new")
    world.run(200, longest=20)
    world.revoke(grant_id)
    world.run(240, longest=30)
    assert len(told(world, "assignment.stuck")) == 1
    (facts,) = told(world, "assignment.stuck")
    assert facts["cause"] == Cause.OTHER
    assert "“something new”" in facts["advice"]


def test_it_is_said_again_for_each_day(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    fail(world, DELETE, "Received a 403 status error: Access denied")
    world.run(200, longest=30)
    row, first = world.row(), world.row().reported_at
    assert first is not None
    for hours, count in ((23, 1), (24, 2), (25, 2), (47.9, 2), (48, 3)):
        with world.store.writing() as session:
            telling.tell(session, session.merge(row), now=first + timedelta(hours=hours))
        assert len(told(world, "assignment.stuck")) == count
        row = world.row()


def test_an_operation_that_never_finishes_is_told_of_at_once(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    world.sandbox.faults.order(Fault.stuck(), operation=DELETE, times=None)
    world.run(1_000, longest=90)
    (facts,) = told(world, "assignment.stuck")
    assert facts["cause"] == Cause.UNFINISHED


def test_a_blocked_ending_says_what_to_do_and_not_that_it_is_stuck(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    fail(world, DELETE, SUSPENDED)
    world.run(2 * 3600, longest=900)
    (facts,) = told(world, "assignment.blocked")
    assert facts["advice"] == ADVICE[Cause.ACCOUNT_SUSPENDED]
    assert told(world, "assignment.stuck") == []
    world.sandbox.faults.clear()
    world.run(3_700, longest=900)
    assert not world.holds()
