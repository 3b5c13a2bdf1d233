"""Hints free an account and a slot; that access began or is over takes evidence."""

import uuid
from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import select

from protem.db.models import Act, Assignment, Grant
from protem.domain.lifecycle import GrantState
from protem.identity_center.values import AssignmentKey, Holder, OperationKind
from protem.sandbox import Fault
from tests.reconciler.crashes import Moments, MortalAssignments
from tests.reconciler.world import ACCOUNT, OTHER_ACCOUNT, World

HINTS = ("ListAccountAssignmentCreationStatus", "ListAccountAssignmentDeletionStatus")
OF_PERSON, OF_PLACE = "ListAccountAssignmentsForPrincipal", "ListAccountAssignments"
DESCRIPTIONS = ("DescribeAccountAssignmentCreationStatus", "DescribeAccountAssignmentDeletionStatus")
DENIED = Fault.refuse("AccessDeniedException", "no")


class Lying(MortalAssignments):
    """A gateway whose hints leave out what runs, or whose listings of principals lag behind."""

    blind = False
    lagging = False

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        listed = super().running(kind, instance_arn=instance_arn)
        return frozenset() if self.blind else listed

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        listed = super().held_by(holder, instance_arn=instance_arn)
        return frozenset() if self.lagging else listed


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()


def people(world: World, count: int) -> list[str]:
    return [world.sandbox.directory.add_user(user_name=f"user{n}", display_name="U") for n in range(count)]


def accounts(world: World, count: int) -> list[str]:
    made = [f"{number:012d}" for number in range(1, count + 1)]
    for number, account in enumerate(made):
        world.sandbox.organization.add_account(account, name=f"account-{number}")
    return made


def states(world: World, grants: list[uuid.UUID]) -> set[GrantState]:
    return {world.read(grant).state for grant in grants}


def many(world: World, *, minutes: float = 5, count: int = 6) -> list[uuid.UUID]:
    """Owe access to as many people in as many accounts, so that no listing tells of two."""
    pairs = zip(accounts(world, count), people(world, count), strict=True)
    return [world.grant(minutes=minutes, account=account, principal=person) for account, person in pairs]


def rows(world: World) -> list[Assignment]:
    with world.store.reading() as session:
        return list(session.scalars(select(Assignment)))


def test_operations_are_asked_about_together(world: World) -> None:
    grants = many(world)
    world.run(30)
    assert states(world, grants) == {GrantState.ACTIVE}
    assert world.calls(HINTS[0]) >= 1
    assert world.calls(DESCRIPTIONS[0]) <= len(grants)


def test_one_listing_settles_what_one_person_got_in_many_accounts(world: World) -> None:
    grants = [world.grant(minutes=1, account=account) for account in accounts(world, 8)]
    world.run(30)
    assert states(world, grants) == {GrantState.ACTIVE}
    assert world.calls(OF_PLACE) == 0
    assert world.calls(OF_PERSON) <= 6
    world.run(60)
    assert states(world, grants) == {GrantState.ENDED}
    assert not world.sandbox.assignments.all()
    assert world.calls(OF_PERSON) + sum(map(world.calls, (*HINTS, *DESCRIPTIONS))) <= 16


def test_one_listing_settles_what_many_people_got_in_one_account(world: World) -> None:
    grants = [world.grant(minutes=20, principal=person) for person in people(world, 4)]
    world.run(60)
    assert states(world, grants) == {GrantState.ACTIVE}
    before = world.calls(OF_PLACE)
    world.run(10 * 60)
    assert world.calls(OF_PLACE) - before == 1


def test_a_lone_grant_is_active_within_seconds_after_aws_made_it(world: World) -> None:
    grant_id = world.grant(minutes=5)
    world.run(5)
    assert world.read(grant_id).state is GrantState.ACTIVE
    assert world.calls(DESCRIPTIONS[0]) <= 3


def test_an_ending_whose_account_is_busy_does_not_wait_for_what_others_take(database_url: str) -> None:
    world = World(database_url, deletion_seconds=0.4)
    grants = many(world, minutes=1)
    world.grant(minutes=1 + 1 / 60, account=world.read(grants[-1]).account_id)
    world.run(65)
    assert not world.sandbox.assignments.all()
    world.close()


def test_an_ending_does_not_wait_longer_for_its_beginning_than_that_takes(database_url: str) -> None:
    world = World(database_url, creation_seconds=1.0, deletion_seconds=1.0)
    many(world, count=8)
    brief = world.grant(minutes=1 / 60, account=OTHER_ACCOUNT)
    world.run(3.5)
    assert world.sandbox.calls.count("DeleteAccountAssignment") == 1
    assert world.read(brief).state is GrantState.DEACTIVATING
    world.close()


def test_a_hint_alone_makes_nothing_active_and_ends_nothing(world: World) -> None:
    grants = many(world, minutes=1.5, count=3)
    world.runner.assignments = lying = Lying(world.runner.assignments, Moments())
    lying.blind = True
    world.sandbox.faults.order(Fault.stuck(), operation="CreateAccountAssignment", times=None)
    world.run(40)
    assert states(world, grants) == {GrantState.ACTIVATING}
    world.sandbox.faults.clear()
    world.sandbox.operations.release()
    world.run(40)
    assert states(world, grants) == {GrantState.ACTIVE}
    world.sandbox.faults.order(Fault.stuck(), operation="DeleteAccountAssignment", times=None)
    world.run(40)
    assert states(world, grants) == {GrantState.DEACTIVATING}
    assert len(world.sandbox.assignments.all()) == len(grants)
    world.sandbox.faults.clear()
    world.sandbox.operations.release()
    world.run(40)
    assert states(world, grants) == {GrantState.ENDED}
    assert not world.sandbox.assignments.all()


def test_what_left_and_failed_says_why(world: World) -> None:
    grants = many(world)
    failing = world.sandbox.faults.order(
        Fault.failed("Received a 404 status error: nobody"), operation="CreateAccountAssignment", times=1
    )
    world.run(40)
    assert failing.hits == 1
    failed = [world.read(grant) for grant in grants if world.read(grant).state is GrantState.FAILED]
    assert [grant.failure_detail for grant in failed] == ["Received a 404 status error: nobody"]


def test_a_listing_that_lags_ends_nothing_by_itself(world: World) -> None:
    grants = [world.grant(minutes=1, account=account) for account in accounts(world, 5)]
    world.run(50)
    order = world.sandbox.faults.order(
        Fault.failed("An internal error"), operation="DeleteAccountAssignment", times=5
    )
    world.runner.assignments = lying = Lying(world.runner.assignments, Moments())
    world.run(13)
    lying.lagging = True
    world.tick()
    assert GrantState.ENDED not in states(world, grants)
    lying.lagging = False
    world.run(120)
    assert order.hits == 5
    assert states(world, grants) == {GrantState.ENDED}
    assert not world.sandbox.assignments.all()


def test_an_operation_that_left_frees_its_account_for_the_next_write(world: World) -> None:
    grants = many(world, count=4)
    others = [world.grant(minutes=5, account=account) for account in ("000000000001", "000000000002")]
    world.run(60)
    assert states(world, [*grants, *others]) == {GrantState.ACTIVE}
    assert not [call for call in world.sandbox.calls.all() if call.outcome == "ConflictException"]


@pytest.mark.parametrize("operation", [OF_PERSON, *HINTS])
def test_what_aws_refuses_to_list_is_asked_in_another_way_and_not_again(world: World, operation: str) -> None:
    world.sandbox.faults.order(DENIED, operation=operation, times=None)
    grants = [*many(world, minutes=1, count=3), world.grant(minutes=1)]
    world.run(40)
    assert states(world, grants) == {GrantState.ACTIVE}
    world.run(70)
    assert states(world, grants) == {GrantState.ENDED}
    assert not world.sandbox.assignments.all()
    assert world.calls(operation) <= 2


def test_what_a_deleted_user_holds_is_looked_for_where_it_is(world: World) -> None:
    grants = [world.grant(minutes=1, account=account) for account in accounts(world, 5)]
    world.run(50)
    world.sandbox.directory.remove_user(world.alice)
    world.run(90)
    assert states(world, grants) == {GrantState.DEACTIVATING}
    assert all(row.blocked_reason for row in rows(world))


def test_access_of_others_and_through_groups_is_not_taken_for_ours(world: World) -> None:
    group = world.sandbox.directory.add_group("admins")
    world.sandbox.directory.add_member(group, world.alice)
    there = accounts(world, 5)
    for account in there:
        world.sandbox.assignments.put(account, world.permission_set, group, principal_type="GROUP")
    grants = [world.grant(minutes=1, account=account) for account in there]
    world.run(40)
    assert states(world, grants) == {GrantState.ACTIVE}
    world.run(120)
    assert states(world, grants) == {GrantState.ENDED}
    assert {one.principal_id for one in world.sandbox.assignments.all()} == {group}


def test_operations_of_others_take_slots_and_none_of_ours_are_refused(world: World) -> None:
    others = accounts(world, 8)
    client = world.assignments
    world.tick()
    stuck = world.sandbox.faults.order(Fault.stuck(), operation="CreateAccountAssignment", times=8)
    for account in others:
        client.create(AssignmentKey(world.sandbox.instance_arn, account, world.permission_set, world.alice))
    assert stuck.hits == 8
    more = [f"{number:012d}" for number in range(100, 112)]
    for number, account in enumerate(more):
        world.sandbox.organization.add_account(account, name=f"more-{number}")
    pairs = zip(more, people(world, 12), strict=True)
    grants = [world.grant(minutes=30, account=account, principal=person) for account, person in pairs]
    world.run(50)
    assert states(world, grants) == {GrantState.ACTIVE}
    refused = [call for call in world.sandbox.calls.all() if call.outcome == "ServiceQuotaExceededException"]
    # Nobody can know of them before the first hint.
    assert len(refused) <= 8


def test_an_account_in_which_others_write_is_left_alone_for_a_while(world: World) -> None:
    grants = [world.grant(minutes=30, principal=person) for person in people(world, 5)]
    order = world.sandbox.faults.order(
        Fault.conflict(), operation="CreateAccountAssignment", account=ACCOUNT, times=3
    )
    world.run(40)
    assert order.hits == 3
    conflicts = [call for call in world.sandbox.calls.all() if call.outcome == "ConflictException"]
    gaps = [(late.time - early.time).total_seconds() for early, late in pairwise(conflicts)]
    assert all(gap >= 0.9 for gap in gaps)
    world.run(60)
    assert states(world, grants) == {GrantState.ACTIVE}


def test_a_row_of_an_older_version_that_was_polled_under_a_claim_is_taken_up(world: World) -> None:
    grant_id = world.grant(minutes=5)
    world.run(1)
    with world.store.writing() as session:
        row = session.scalars(select(Assignment)).one()
        assert row.operation_kind is Act.CREATE
        row.claim, row.claim_id, row.claim_fence, row.claimed_at = (
            Act.POLL,
            uuid.uuid4(),
            0,
            world.clock.now(),
        )
        row.next_attempt_at = world.clock.now()
    world.run(30)
    assert world.read(grant_id).state is GrantState.ACTIVE


def test_watching_many_in_one_account_takes_one_listing_each_time(world: World) -> None:
    grants = [world.grant(minutes=120, principal=person) for person in people(world, 4)]
    world.run(120)
    before = world.calls(OF_PLACE) + world.calls(OF_PERSON)
    world.run(30 * 60, step=5, longest=60)
    assert states(world, grants) == {GrantState.ACTIVE}
    assert world.calls(OF_PLACE) + world.calls(OF_PERSON) - before <= 4
    with world.store.reading() as session:
        assert len(session.scalars(select(Grant.id)).all()) == 4
