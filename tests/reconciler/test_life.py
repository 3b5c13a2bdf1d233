"""The life of an assignment, from what is owed to what AWS holds."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker.activation import Obstacle
from protem.db.models import Grant, Provenance
from protem.domain.lifecycle import EndReason, GrantState
from protem.identity_center.values import Holder
from protem.sandbox import Fault
from tests.reconciler.crashes import Moments, MortalAssignments
from tests.reconciler.world import ACCOUNT, OTHER_ACCOUNT, World, lost


class Forgetful(MortalAssignments):
    """A gateway whose next listings miss what is there."""

    missing = 0

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        found = super().holders(
            instance_arn=instance_arn, account_id=account_id, permission_set_arn=permission_set_arn
        )
        if not self.missing:
            return found
        self.missing -= 1
        return frozenset()


def test_access_begins_and_ends_when_the_window_does(world: World) -> None:
    grant_id = world.grant(minutes=2)
    world.run(10)
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert world.holds()
    world.run(109)
    assert world.holds()
    world.run(20)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.ELAPSED)
    assert not world.holds()


def test_the_delete_leaves_within_a_second_of_the_end(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(80)
    deleted = world.sandbox.calls.of("DeleteAccountAssignment")
    assert len(deleted) == 1
    assert timedelta() <= deleted[0].time - world.read(grant_id).ends_at <= timedelta(seconds=1)


def test_a_scheduled_grant_begins_at_its_start(world: World) -> None:
    grant_id = world.grant(minutes=5, starts_in=1)
    world.run(58)
    assert (world.read(grant_id).state, world.calls("CreateAccountAssignment")) == (GrantState.SCHEDULED, 0)
    world.run(10)
    assert world.read(grant_id).state is GrantState.ACTIVE


def test_a_grant_whose_window_was_missed_ends_without_having_begun(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.clock.advance(120)
    world.run(5)
    assert world.read(grant_id).state is GrantState.ENDED
    assert world.calls("CreateAccountAssignment") == 0


def test_revoking_ends_access_before_its_time(world: World) -> None:
    grant_id = world.grant(minutes=60)
    world.run(10)
    world.revoke(grant_id)
    world.run(20)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason, world.holds()) == (GrantState.ENDED, EndReason.REVOKED, False)


def test_revoking_while_the_create_is_running_removes_what_it_makes(world: World) -> None:
    grant_id = world.grant(minutes=60)
    world.run(1)
    assert world.read(grant_id).state is GrantState.ACTIVATING
    world.revoke(grant_id)
    world.run(1)
    assert world.read(grant_id).state is GrantState.DEACTIVATING
    world.run(30)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_a_revoked_grant_that_never_began_makes_no_call(world: World) -> None:
    grant_id = world.grant(minutes=60, starts_in=5)
    world.revoke(grant_id)
    world.run(5)
    assert world.read(grant_id).state is GrantState.ENDED
    assert world.calls("CreateAccountAssignment") == 0


def test_access_is_the_union_of_overlapping_windows(world: World) -> None:
    first = world.grant(minutes=1)
    second = world.grant(minutes=3, starts_in=0.5)
    world.run(75)
    assert world.read(first).state is GrantState.ENDED
    assert world.read(second).state is GrantState.ACTIVE
    assert world.holds()
    assert (world.calls("CreateAccountAssignment"), world.calls("DeleteAccountAssignment")) == (1, 0)
    world.run(160)
    assert world.read(second).state is GrantState.ENDED
    assert not world.holds()


def test_ending_one_grant_never_removes_what_another_owes(world: World) -> None:
    first, second = world.grant(minutes=10), world.grant(minutes=10)
    world.run(10)
    world.revoke(first)
    world.run(30)
    assert (world.read(first).state, world.read(second).state) == (GrantState.ENDED, GrantState.ACTIVE)
    assert world.holds()


def test_a_grant_that_comes_while_the_delete_runs_gets_access_anew(world: World) -> None:
    first = world.grant(minutes=1)
    world.run(62)
    assert world.read(first).state is GrantState.DEACTIVATING
    second = world.grant(minutes=5)
    world.run(40)
    assert (world.read(first).state, world.read(second).state) == (GrantState.ENDED, GrantState.ACTIVE)
    assert world.holds()


def test_standing_access_is_found_before_creating_and_left_alone(world: World) -> None:
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    grant_id = world.grant(minutes=1)
    world.run(90)
    grant = world.read(grant_id)
    assert (grant.state, grant.failure_code) == (GrantState.FAILED, "standing_access")
    assert world.holds()
    assert world.calls("DeleteAccountAssignment") == world.calls("CreateAccountAssignment") == 0
    assert world.row().provenance is Provenance.STANDING


def test_access_removed_outside_ends_the_grant_and_is_not_made_anew(world: World) -> None:
    grant_id = world.grant(minutes=60)
    world.run(10)
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)
    world.run(12 * 60)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.REMOVED_OUTSIDE)
    assert world.calls("CreateAccountAssignment") == 1
    assert "assignment.removed_outside" in world.events()


def test_access_that_one_listing_missed_stays_ours_and_ends(world: World) -> None:
    grant_id = world.grant(minutes=15)
    world.run(10)
    world.runner.assignments = forgetful = Forgetful(world.runner.assignments, Moments())
    forgetful.missing = 1
    world.run(12 * 60)
    assert forgetful.missing == 0
    assert (world.read(grant_id).state, world.row().provenance) == (GrantState.ACTIVE, Provenance.BROKERED)
    world.run(5 * 60)
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_access_that_a_listing_missed_just_before_its_end_is_taken_away(world: World) -> None:
    grant_id = world.grant(minutes=10 + 5 / 60)
    world.run(9 * 60)
    world.runner.assignments = forgetful = Forgetful(world.runner.assignments, Moments())
    forgetful.missing = 1
    world.run(120)
    assert forgetful.missing == 0
    assert world.read(grant_id).state is GrantState.ENDED
    assert not world.holds()


def test_access_removed_outside_just_before_its_end_is_over_on_time(world: World) -> None:
    grant_id = world.grant(minutes=10 + 5 / 60)
    world.run(9 * 60)
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)
    world.run(70)
    assert world.read(grant_id).state is GrantState.ENDED
    assert world.row().provenance is Provenance.NONE


def test_what_somebody_makes_after_ours_was_removed_is_theirs(world: World) -> None:
    world.grant(minutes=60)
    world.run(10)
    world.sandbox.assignments.remove(ACCOUNT, world.permission_set, world.alice)
    world.run(12 * 60)
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    world.run(60 * 60, longest=60)
    assert world.holds()
    assert world.calls("DeleteAccountAssignment") == 0


def test_only_one_write_at_a_time_is_under_way_in_an_account(world: World) -> None:
    others = [world.sandbox.directory.add_user(user_name=f"user{n}", display_name="U") for n in range(3)]
    grants = [world.grant(minutes=5, principal=principal) for principal in others]
    elsewhere = world.grant(minutes=5, account=OTHER_ACCOUNT)
    world.run(5)
    assert world.read(elsewhere).state is GrantState.ACTIVE
    world.run(25)
    assert [world.read(grant).state for grant in grants] == [GrantState.ACTIVE] * 3
    assert not [call for call in world.sandbox.calls.all() if call.outcome == "ConflictException"]


def test_access_that_is_no_longer_allowed_does_not_begin(world: World) -> None:
    world.why_not = lambda session, grant, now: lost("the entitlement is gone")
    grant_id = world.grant(minutes=5)
    world.run(10)
    grant = world.read(grant_id)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.ELIGIBILITY_LOST)
    assert grant.failure_detail == "the entitlement is gone"
    assert world.calls("CreateAccountAssignment") == 0


def test_access_that_had_to_wait_does_not_begin_once_it_is_no_longer_allowed(world: World) -> None:
    order = world.sandbox.faults.order(Fault.throttle(), operation="CreateAccountAssignment", times=None)
    grant_id = world.grant(minutes=60)
    world.run(60)
    world.why_not = lambda session, grant, now: lost("the group was left")
    order.cancel()
    world.run(120)
    grant = world.read(grant_id)
    assert (grant.state, grant.failure_code) == (GrantState.FAILED, "eligibility_lost")
    assert "CreateAccountAssignment" not in [
        call.operation for call in world.sandbox.calls.all() if call.outcome == "ok"
    ]


def test_a_neighbour_that_may_not_begin_takes_nothing_over(world: World) -> None:
    first = world.grant(minutes=1)
    world.run(10)
    second = world.grant(minutes=5, starts_in=50 / 60)
    assert world.read(second).starts_at == world.read(first).ends_at

    def refuse(session: Session, grant: Grant, now: datetime) -> Obstacle:
        return lost("the group was left")

    world.why_not = refuse
    world.run(52)
    assert world.read(second).end_reason is EndReason.ELIGIBILITY_LOST
    assert (world.read(first).state, world.holds()) == (GrantState.DEACTIVATING, True)
    world.run(20)
    assert (world.read(first).state, world.holds()) == (GrantState.ENDED, False)


def test_nothing_new_begins_while_the_clocks_disagree(database_url: str) -> None:
    world = World(database_url, date_skew_seconds=30)
    grant_id = world.grant(minutes=5)
    world.run(20)
    assert world.read(grant_id).state is GrantState.ACTIVATING
    assert world.calls("CreateAccountAssignment") == 0
    world.close()


def test_each_transition_leaves_one_event(world: World) -> None:
    world.grant(minutes=1)
    world.run(90)
    told = [event for event in world.events() if event.startswith("grant.")]
    assert told == ["grant.activating", "grant.active", "grant.deactivating", "grant.ended"]
