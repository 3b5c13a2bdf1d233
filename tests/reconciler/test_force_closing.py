"""What two admins gave up, since its account had left: it ends, and is deleted if it comes back."""

from typing import Any

import pytest
from sqlalchemy import select

from protem.broker import force_closing
from protem.broker.callers import CONSOLE
from protem.db.models import Account, Assignment, CatalogueSync, Grant, Provenance
from protem.domain.errors import ForceCloseRefused
from protem.domain.lifecycle import EndReason, GrantState
from protem.identity_center.values import Holder, PrincipalType
from protem.reconciler import standing, standing_rows
from protem.reconciler.standing_rows import Place
from tests.reconciler.world import ACCOUNT, World

DELETE, LOOK = "DeleteAccountAssignment", "ListAccountAssignments"


def blocked(world: World) -> Assignment:
    """Return an assignment whose account left while it was held."""
    world.grant(minutes=1)
    world.run(30)
    assert world.holds()
    world.sandbox.organization.remove(ACCOUNT)
    world.run(3600, longest=120)
    row = world.row()
    assert row.blocked_reason
    return row


def the_grant(world: World) -> Grant:
    with world.store.reading() as session:
        return session.scalars(select(Grant)).one()


def calls(world: World) -> int:
    return sum(world.calls(operation) for operation in (DELETE, LOOK))


def catalogued(world: World, *, gone: bool) -> None:
    """Have the catalogue know the account as it is, or know that it has left."""
    now = world.clock.now()
    with world.store.writing() as session:
        session.merge(CatalogueSync(part="catalogue", started_at=now, completed_at=now))
        account = session.merge(
            Account(
                id=ACCOUNT,
                name="alpha",
                name_key="alpha",
                email="alpha@example.com",
                status="ACTIVE",
                parent_id="r-1",
                is_management=False,
                tags={},
            )
        )
        account.removed_at = world.clock.now() if gone else None


def force_close(world: World, row: Assignment) -> None:
    with world.store.writing() as session:
        force_closing.force_close(
            session, CONSOLE, row.id, comment="the account was sold", now=world.clock.now()
        )


def seen_again(world: World) -> int:
    """Look for standing access where the account is back, with what it held."""
    now = world.clock.now()
    place = Place(world.sandbox.instance_arn, ACCOUNT, world.permission_set)
    holders = frozenset({Holder(PrincipalType.USER, world.alice)})
    with world.store.writing() as session:
        seen = standing_rows.read(session, place, now=now)
        assert not seen.agrees_with(holders)
        assert standing_rows.add_found(session, seen, holders, now=now) == 0
        return standing_rows.reopen(session, seen, holders, now=now)


def test_what_is_given_up_ends_and_is_tried_no_more(world: World) -> None:
    row = blocked(world)
    catalogued(world, gone=True)
    force_close(world, row)
    tries = calls(world)
    world.run(6 * 3600, longest=600)
    grant = the_grant(world)
    assert (grant.state, grant.end_reason) == (GrantState.ENDED, EndReason.FORCE_CLOSED)
    assert calls(world) == tries
    after = world.row()
    assert (after.blocked_reason, after.stuck_since, after.next_attempt_at) == (None, None, None)
    assert after.provenance is Provenance.BROKERED
    assert world.events().count("assignment.force_closed") == 1


def test_what_comes_back_is_deleted_after_all(world: World) -> None:
    row = blocked(world)
    catalogued(world, gone=True)
    force_close(world, row)
    world.run(60)
    world.sandbox.organization.add_account(ACCOUNT, name="alpha", email="alpha@example.com")
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    assert world.holds()
    assert seen_again(world) == 1
    world.run(60)
    assert not world.holds()
    assert world.row().provenance is Provenance.NONE
    assert [event for event in world.events() if event != "reconciler.elected"][-1] == "assignment.deleted"
    assert "assignment.found_standing" not in world.events()


def test_an_account_that_is_still_there_is_not_given_up(world: World) -> None:
    row = blocked(world)
    catalogued(world, gone=False)
    with pytest.raises(ForceCloseRefused, match="still in the organization"):
        force_close(world, row)
    assert world.row().force_closed_at is None


def test_nothing_is_given_up_while_nobody_can_tell_where_accounts_are(world: World) -> None:
    row = blocked(world)
    with pytest.raises(ForceCloseRefused, match="have not been read from AWS yet"):
        force_close(world, row)
    catalogued(world, gone=True)
    world.clock.advance(25 * 3600)
    with pytest.raises(ForceCloseRefused, match="were last read from AWS at"):
        force_close(world, row)
    catalogued(world, gone=True)
    force_close(world, row)
    assert world.row().force_closed_at is not None


def test_the_sweep_finds_what_was_given_up_and_is_back_though_aws_lists_no_place_for_it(
    world: World,
) -> None:
    row = blocked(world)
    catalogued(world, gone=True)
    force_close(world, row)
    world.run(60)
    world.sandbox.organization.add_account(ACCOUNT, name="alpha", email="alpha@example.com")
    world.sandbox.assignments.put(ACCOUNT, world.permission_set, world.alice)
    assert sweep(world) == []
    catalogued(world, gone=False)
    assert sweep(world) == [ACCOUNT]
    world.run(60)
    assert not world.holds()


class Unprovisioned:
    """A directory that knows of no place at all, as AWS may for an account that has only just come back."""

    def accounts_provisioned(self, **_: Any) -> list[str]:
        return []


def sweep(world: World) -> list[str]:
    """Look for standing access; return the accounts that were looked at."""
    before = world.calls(LOOK)
    directory: Any = Unprovisioned()
    standing.synchronise(
        directory, world.assignments, store=world.store, clock=world.clock, budget=world.budget
    )
    return [ACCOUNT] * (world.calls(LOOK) - before)


def test_what_is_not_blocked_is_not_given_up(world: World) -> None:
    world.grant(minutes=10)
    catalogued(world, gone=True)
    world.run(30)
    with pytest.raises(ForceCloseRefused, match="revoke it first"):
        force_close(world, world.row())
    world.run(20 * 60)
    with pytest.raises(ForceCloseRefused, match="not blocked"):
        force_close(world, world.row())


def test_it_is_given_up_once(world: World) -> None:
    row = blocked(world)
    catalogued(world, gone=True)
    force_close(world, row)
    with pytest.raises(ForceCloseRefused, match="before"):
        force_close(world, row)
