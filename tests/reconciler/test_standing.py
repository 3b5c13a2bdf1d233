"""Standing access is found and lost sight of; what is Protem's own is never touched by looking."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from protem.db.models import (
    Act,
    Assignment,
    EntitlementVersion,
    Grant,
    Observed,
    Provenance,
    Request,
    new_id,
)
from protem.domain.events import EventType
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from protem.identity_center.errors import CallWithheld, GatewayError
from protem.reconciler import standing
from protem.reconciler.standing import CatalogueMissingError, IncompleteLookError
from protem.sandbox import Fault
from tests.identity_center.organization import Organization

PLAYGROUND = "666677778888"


@pytest.fixture
def organization(database_url: str) -> Iterator[Organization]:
    made = Organization(database_url)
    made.synchronise()
    yield made
    made.store.close()


def standing_access(organization: Organization) -> set[tuple[str, str, str]]:
    return {
        (row.account_id, row.permission_set_arn, row.principal_id)
        for row in organization.rows(Assignment)
        if row.provenance is Provenance.STANDING and row.observed is Observed.PRESENT
    }


def held_in_aws(organization: Organization) -> set[tuple[str, str, str]]:
    return {
        (held.account_id, held.permission_set_arn, held.principal_id)
        for held in organization.sandbox.assignments.all()
    }


def give_alice(organization: Organization) -> tuple[str, str, str]:
    """Have somebody give Alice a permission set in the playground, outside Protem."""
    demo = organization.demo
    triple = (PLAYGROUND, demo.permission_sets["AdministratorAccess"], demo.users["alice"])
    organization.sandbox.assignments.put(*triple)
    return triple


def row_of_alice(organization: Organization, **values: Any) -> Assignment:
    """Write down what Protem knows of Alice's assignment, before looking."""
    demo = organization.demo
    row = Assignment(
        id=new_id(),
        instance_arn=organization.sandbox.instance_arn,
        account_id=PLAYGROUND,
        permission_set_arn=demo.permission_sets["AdministratorAccess"],
        principal_id=demo.users["alice"],
        created_at=organization.clock.now(),
        **values,
    )
    with organization.store.writing() as session:
        session.add(row)
    return row


def owe(organization: Organization, row: Assignment, *, state: GrantState) -> None:
    now = organization.clock.now()
    with organization.store.writing() as session:
        session.add(
            EntitlementVersion(
                version=1, digest="", document={}, source="", applied_at=now, applied_by="test"
            )
        )
        session.flush()
        request = Request(
            id=new_id(),
            state=RequestState.PENDING,
            requester_id=row.principal_id,
            beneficiary_id=row.principal_id,
            entitlement="test",
            entitlement_version=1,
            digest="",
            duration=timedelta(minutes=10),
            justification="",
            created_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(request)
        session.flush()
        session.add(
            Grant(
                id=new_id(),
                request_id=request.id,
                position=0,
                assignment_id=row.id,
                principal_id=row.principal_id,
                account_id=row.account_id,
                permission_set_arn=row.permission_set_arn,
                session_duration=timedelta(hours=1),
                created_at=now,
                starts_at=now + timedelta(hours=1),
                ends_at=now + timedelta(hours=2),
                state=GrantState.SCHEDULED,
            )
        )
        session.flush()
        if state is not GrantState.SCHEDULED:
            grant = session.scalars(select(Grant)).one()
            grant.state, grant.ended_at, grant.end_reason = state, now, EndReason.REVOKED


def test_everything_that_aws_holds_without_us_is_found(organization: Organization) -> None:
    report = organization.look_for_standing_access()
    assert standing_access(organization) == held_in_aws(organization)
    assert report.found == len(held_in_aws(organization)) == report.places
    assert len(organization.events(EventType.ASSIGNMENT_FOUND_STANDING)) == report.found


def test_before_the_first_catalogue_nothing_is_looked_for(database_url: str) -> None:
    organization = Organization(database_url)
    with pytest.raises(CatalogueMissingError):
        organization.look_for_standing_access()
    assert organization.sync("standing_access").completed_at is None
    organization.store.close()


def test_groups_are_found_as_groups(organization: Organization) -> None:
    organization.look_for_standing_access()
    groups = {row.principal_id for row in organization.rows(Assignment) if row.principal_type == "GROUP"}
    assert groups
    assert groups <= set(organization.demo.groups.values())


def test_a_second_look_changes_nothing(organization: Organization) -> None:
    organization.look_for_standing_access()
    before = {row.id: row.version for row in organization.rows(Assignment)}
    organization.clock.advance(3600)
    report = organization.look_for_standing_access()
    assert (report.found, report.vanished) == (0, 0)
    assert {row.id: row.version for row in organization.rows(Assignment)} == before


def test_nothing_that_is_found_is_ever_planned_to_be_worked_on(organization: Organization) -> None:
    organization.look_for_standing_access()
    assert {row.next_attempt_at for row in organization.rows(Assignment)} == {None}


def test_what_others_take_away_is_seen_to_be_gone(organization: Organization) -> None:
    organization.look_for_standing_access()
    held = organization.sandbox.assignments.all()[0]
    triple = (held.account_id, held.permission_set_arn, held.principal_id)
    organization.sandbox.assignments.exclude(held)
    organization.clock.advance(3600)
    assert organization.look_for_standing_access().vanished == 1
    assert standing_access(organization) == held_in_aws(organization)
    (event,) = organization.events(EventType.ASSIGNMENT_REMOVED_OUTSIDE)
    assert (event.account_id, event.permission_set_arn, event.principal_id) == triple


def test_what_comes_again_is_found_again(organization: Organization) -> None:
    triple = give_alice(organization)
    organization.look_for_standing_access()
    organization.sandbox.assignments.remove(*triple)
    organization.clock.advance(3600)
    organization.look_for_standing_access()
    assert triple not in standing_access(organization)
    give_alice(organization)
    organization.clock.advance(3600)
    organization.look_for_standing_access()
    assert triple in standing_access(organization)


def test_access_in_what_has_gone_from_aws_is_gone(organization: Organization) -> None:
    triple = give_alice(organization)
    organization.look_for_standing_access()
    organization.sandbox.permission_sets.remove(triple[1])
    organization.synchronise()
    organization.clock.advance(3600)
    organization.look_for_standing_access()
    assert triple not in standing_access(organization)


def test_a_past_assignment_of_ours_that_somebody_made_anew_is_standing(organization: Organization) -> None:
    row = row_of_alice(
        organization,
        provenance=Provenance.NONE,
        observed=Observed.ABSENT,
        observed_since=organization.clock.now(),
    )
    owe(organization, row, state=GrantState.ENDED)
    organization.clock.advance(3600)
    triple = give_alice(organization)
    organization.look_for_standing_access()
    assert triple in standing_access(organization)
    assert organization.row(Assignment, row.id).version == row.version + 1


OURS = {
    "brokered": {"provenance": Provenance.BROKERED, "observed": Observed.PRESENT},
    "ended a moment ago": {"observed": Observed.ABSENT, "observed_since": "now"},
    "being created": {"claim": Act.CREATE, "claim_id": new_id(), "claim_fence": 1},
    "being looked at": {"claim": Act.LOOK, "claim_id": new_id(), "claim_fence": 1},
    "with a create under way": {"operation_kind": Act.CREATE, "operation_id": "x" * 36},
    "with a delete under way": {"operation_kind": Act.DELETE, "operation_id": "x" * 36},
    "with a create in doubt": {"unconfirmed_create_at": "now"},
    "to be looked at soon": {"next_attempt_at": "now"},
}


@pytest.mark.parametrize("ours", OURS.values(), ids=OURS)
def test_a_row_that_protem_has_a_part_in_is_never_touched(
    organization: Organization, ours: dict[str, Any]
) -> None:
    now = organization.clock.now()
    row = row_of_alice(organization, **{k: now if v == "now" else v for k, v in ours.items()})
    give_alice(organization)
    organization.look_for_standing_access()
    after = organization.row(Assignment, row.id)
    assert (after.version, after.provenance, after.observed) == (row.version, row.provenance, row.observed)


@pytest.mark.parametrize("held", [True, False])
def test_a_row_with_a_live_grant_is_never_touched(organization: Organization, *, held: bool) -> None:
    row = row_of_alice(
        organization,
        provenance=Provenance.NONE if held else Provenance.STANDING,
        observed=Observed.ABSENT if held else Observed.PRESENT,
    )
    owe(organization, row, state=GrantState.SCHEDULED)
    if held:
        give_alice(organization)
    organization.look_for_standing_access()
    after = organization.row(Assignment, row.id)
    assert (after.version, after.provenance) == (row.version, row.provenance)


class Between:
    """Assignments of AWS's, with something that happens after the listing and before its recording."""

    def __init__(self, organization: Organization, happen: Any) -> None:
        self._assignments = organization.connection.assignments
        self._happen = happen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assignments, name)

    def holders(self, **place: Any) -> Any:
        listed = self._assignments.holders(**place)
        if place["account_id"] == PLAYGROUND:
            self._happen()
        return listed


def look_while(organization: Organization, happen: Any) -> None:
    standing.synchronise(
        organization.connection.directory,
        Between(organization, happen),
        store=organization.store,
        clock=organization.clock,
        budget=organization.budget,
    )


def test_an_assignment_that_protem_makes_during_the_look_is_not_taken_for_standing(
    organization: Organization,
) -> None:
    give_alice(organization)
    made: list[Assignment] = []

    def broker_it() -> None:
        if not made:
            made.append(row_of_alice(organization, provenance=Provenance.BROKERED))

    look_while(organization, broker_it)
    assert organization.row(Assignment, made[0].id).provenance is Provenance.BROKERED


def test_a_row_that_changed_during_the_look_is_left_for_the_next(organization: Organization) -> None:
    row = row_of_alice(organization, observed=Observed.ABSENT)
    give_alice(organization)

    def wake() -> None:
        with organization.store.writing() as session:
            session.get_one(Assignment, row.id).version += 1

    look_while(organization, wake)
    assert organization.row(Assignment, row.id).provenance is Provenance.NONE


def test_one_place_that_aws_refuses_hides_no_other(organization: Organization) -> None:
    triple = give_alice(organization)
    organization.sandbox.faults.order(
        Fault.refuse("AccessDeniedException"),
        operation="ListAccountAssignments",
        account=PLAYGROUND,
        times=None,
    )
    with pytest.raises(IncompleteLookError, match="AccessDeniedException"):
        organization.look_for_standing_access()
    assert standing_access(organization) == held_in_aws(organization) - {triple}
    sync = organization.sync("standing_access")
    assert sync.completed_at is None
    assert "AccessDeniedException" in (sync.error or "")


def test_a_listing_that_failed_is_not_an_empty_one(organization: Organization) -> None:
    organization.look_for_standing_access()
    before = standing_access(organization)
    organization.clock.advance(3600)
    for fault in (Fault.lost_reply(), Fault.server_error(), Fault.throttle()):
        organization.sandbox.faults.order(fault, operation="ListAccountAssignments")
        with pytest.raises((GatewayError, IncompleteLookError)):
            organization.look_for_standing_access()
    assert standing_access(organization) == before


def test_without_the_lease_the_look_ends_at_once(organization: Organization) -> None:
    calls: list[Any] = []

    class Deposed(Between):
        def holders(self, **place: Any) -> Any:
            calls.append(place)
            raise CallWithheld("ListAccountAssignments", "lease_lost", "deposed")

    with pytest.raises(CallWithheld):
        standing.synchronise(
            organization.connection.directory,
            Deposed(organization, None),
            store=organization.store,
            clock=organization.clock,
            budget=organization.budget,
        )
    assert len(calls) == 1
    assert "lease_lost" in (organization.sync("standing_access").error or "")


def test_a_complete_look_is_recorded(organization: Organization) -> None:
    organization.look_for_standing_access()
    sync = organization.sync("standing_access")
    assert sync.error is None
    assert sync.completed_at == organization.clock.now()
