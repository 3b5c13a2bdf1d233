"""Whatever AWS does with a call, access ends, and only what is ours is touched."""

from datetime import timedelta

import pytest

from protem.domain.lifecycle import EndReason, GrantState
from protem.sandbox import Fault
from tests.reconciler.world import ACCOUNT, OTHER_ACCOUNT, World

CREATE, DELETE, LIST = "CreateAccountAssignment", "DeleteAccountAssignment", "ListAccountAssignments"
DESCRIBE_DELETION = "DescribeAccountAssignmentDeletionStatus"
DESCRIBE_CREATION = "DescribeAccountAssignmentCreationStatus"
PASSING = [
    Fault.throttle(),
    Fault.conflict(),
    Fault.server_error(),
    Fault.server_error(takes_effect=True),
    Fault.lost_request(),
    Fault.lost_reply(),
    Fault.latency(5),
    Fault.refuse("AccessDeniedException", "no"),
]


@pytest.mark.parametrize("operation", [CREATE, LIST, DESCRIBE_CREATION])
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
def test_a_passing_fault_delays_a_beginning_and_no_more(world: World, fault: Fault, operation: str) -> None:
    world.sandbox.faults.order(fault, operation=operation, times=2)
    grant_id = world.grant(minutes=2)
    world.run(40)
    assert world.read(grant_id).state is GrantState.ACTIVE
    world.run(120)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


@pytest.mark.parametrize("operation", [DELETE, DESCRIBE_DELETION])
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: fault.name)
def test_a_passing_fault_delays_an_ending_and_no_more(world: World, fault: Fault, operation: str) -> None:
    grant_id = world.grant(minutes=1)
    world.run(30)
    world.sandbox.faults.order(fault, operation=operation, times=3)
    world.run(120)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


@pytest.mark.parametrize("fault", [Fault.throttle(), Fault.conflict(), Fault.failed("An internal error")])
def test_an_ending_is_never_given_up(world: World, fault: Fault) -> None:
    grant_id = world.grant(minutes=1)
    world.run(30)
    order = world.sandbox.faults.order(fault, operation=DELETE, times=None)
    world.run(3600, longest=30)
    assert world.read(grant_id).state is GrantState.DEACTIVATING
    row = world.row()
    assert row.stuck_since is not None
    assert row.last_error
    assert world.events().count("assignment.stuck") == 1
    assert world.calls(DELETE) >= 12
    order.cancel()
    world.run(330, longest=30)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()
    assert world.row().stuck_since is None


def test_a_create_whose_reply_is_lost_and_which_lands_minutes_later_is_removed(world: World) -> None:
    world.sandbox.faults.order(Fault.late_effect(300), operation=CREATE)
    grant_id = world.grant(minutes=1)
    world.run(2)
    world.revoke(grant_id)
    world.run(25)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()
    world.run(700)
    assert "assignment.landed_late" in world.events()
    assert not world.holds()


def test_what_was_made_by_others_while_ours_was_in_doubt_is_told_apart_after_a_day(world: World) -> None:
    world.sandbox.faults.order(Fault.lost_request(), operation=CREATE)
    grant_id = world.grant(minutes=1)
    world.run(1)
    world.revoke(grant_id)
    world.run(40 * 3600, longest=3600)
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    world.run(3 * 3600, longest=3600)
    assert world.holds()
    assert world.row().unconfirmed_create_at is None


def test_a_create_that_stays_in_progress_past_the_end_is_undone_when_it_lands(world: World) -> None:
    world.sandbox.faults.order(Fault.stuck(), operation=CREATE)
    grant_id = world.grant(minutes=1)
    world.run(900, longest=10)
    world.sandbox.operations.release()
    world.run(700, longest=10)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_a_create_that_can_never_succeed_fails_the_grant(world: World) -> None:
    world.sandbox.directory.remove_user(world.alice)
    grant_id = world.grant(minutes=5)
    world.run(30)
    grant = world.read(grant_id)
    assert grant.state is GrantState.FAILED
    assert grant.failure_code
    assert not world.holds()
    assert world.row().stuck_since is None


def test_a_suspended_account_fails_the_grant(world: World) -> None:
    world.sandbox.organization.suspend(ACCOUNT)
    grant_id = world.grant(minutes=5)
    world.run(60)
    assert world.read(grant_id).state is GrantState.FAILED


def test_an_ending_for_a_deleted_user_is_blocked_and_tried_every_hour(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(30)
    world.sandbox.directory.remove_user(world.alice)
    world.run(3 * 3600, longest=120)
    row = world.row()
    assert row.blocked_reason
    assert world.read(grant_id).state is GrantState.DEACTIVATING
    assert world.events().count("assignment.blocked") == 1
    assert 3 <= world.calls(DELETE) <= 8


def test_a_blocked_or_stuck_ending_holds_up_no_other_account(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    world.sandbox.faults.order(Fault.stuck(), operation=DELETE, account=ACCOUNT, times=None)
    world.run(60)
    elsewhere = world.grant(minutes=1, account=OTHER_ACCOUNT)
    world.run(10)
    assert world.read(elsewhere).state is GrantState.ACTIVE
    world.run(80)
    assert world.read(elsewhere).state is GrantState.ENDED


def test_nothing_new_begins_in_an_account_whose_endings_fail(world: World) -> None:
    world.grant(minutes=1)
    world.run(30)
    order = world.sandbox.faults.order(Fault.failed("An internal error"), operation=DELETE, times=None)
    world.run(240)
    carol = world.sandbox.directory.add_user(user_name="carol", display_name="C")
    waiting = world.grant(minutes=60, principal=carol)
    world.run(120)
    assert world.read(waiting).state is GrantState.ACTIVATING
    assert world.calls(CREATE) == 1
    order.cancel()
    world.run(400)
    assert world.read(waiting).state is GrantState.ACTIVE


@pytest.mark.parametrize("answer", ["failed", "succeeded", "refused"])
def test_deleting_what_is_already_gone_counts_once_a_listing_confirms_it(
    database_url: str, answer: str
) -> None:
    world = World(database_url, delete_of_absent=answer)
    grant_id = world.grant(minutes=1)
    world.run(50)
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)
    world.run(60)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.ELAPSED)
    world.close()


def test_a_deleted_permission_set_takes_its_assignments_along(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(30)
    world.sandbox.permission_sets.remove(world.permission_set)
    world.run(60)
    assert world.read(grant_id).state is GrantState.ENDED


def test_no_wait_for_aws_outlasts_the_end(world: World) -> None:
    grant_id = world.grant(minutes=60)
    world.run(10)
    order = world.sandbox.faults.order(
        Fault.refuse("AccessDeniedException", "no"), operation=LIST, times=None
    )
    # The latest failure is one whose next try would come after the end.
    while (at := world.row().next_attempt_at) and at < world.read(grant_id).ends_at:
        world.run((at - world.clock.now()).total_seconds() + 0.01)
    order.cancel()
    world.run((world.read(grant_id).ends_at - world.clock.now()).total_seconds() + 1)
    deleted = world.sandbox.calls.of(DELETE)
    assert len(deleted) == 1
    assert deleted[0].time - world.read(grant_id).ends_at <= timedelta(seconds=1)


def test_an_account_does_not_wait_for_ever_for_an_operation_that_nobody_may_ask_about(world: World) -> None:
    bob = world.sandbox.directory.add_user(user_name="bob", display_name="B")
    grants = [world.grant(minutes=1), world.grant(minutes=2, principal=bob)]
    world.run(30)
    world.sandbox.faults.order(
        Fault.refuse("AccessDeniedException", "no"), operation=DESCRIBE_DELETION, times=None
    )
    world.run(45 * 60, longest=30)
    assert [world.read(grant).state for grant in grants] == [GrantState.ENDED] * 2
    assert not world.holds()
    assert not world.holds(principal=bob)


def test_what_others_make_after_a_create_of_ours_failed_is_theirs(world: World) -> None:
    order = world.sandbox.faults.order(Fault.failed("An internal error"), operation=CREATE, times=None)
    grant_id = world.grant(minutes=30)
    world.run(300)
    assert 5 <= world.calls(CREATE) <= 12
    order.cancel()
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    world.run(2400, longest=30)
    grant = world.read(grant_id)
    assert (grant.state, grant.failure_code) == (GrantState.FAILED, "standing_access")
    assert world.holds()
