"""Grants: who sees them, the red button, and when access is really over."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from protem.broker import grants
from protem.broker.callers import Caller
from protem.db.models import Assignment, EntitlementVersion, Grant, Principal, new_id
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    AlreadyRevoked,
    Forbidden,
    GrantOver,
    InvalidInput,
    NotFound,
    ScopeMissing,
)
from protem.domain.lifecycle import EndReason, GrantState
from tests.broker.worlds import ADMIN, AUDITOR, BETA, World, arn, asking, person_id, user_name

HOUR = timedelta(hours=1)


def listed(world: World, caller: Caller, **filters: Any) -> set[Any]:
    with world.store.reading() as session:
        return {grant.id for grant in grants.list_(session, caller, **filters).items}


def reads(world: World, caller: Caller, grant: Grant) -> bool:
    with world.store.reading() as session:
        try:
            return grants.read(session, caller, grant.id).id == grant.id
        except NotFound:
            return False


def actions(world: World, caller: Caller, grant: Grant) -> tuple[str, ...]:
    with world.store.reading() as session:
        return grants.actions(session, caller, session.get_one(Grant, grant.id), now=world.clock.now())


def assignment(world: World, grant: Grant) -> Assignment:
    with world.store.reading() as session:
        return session.get_one(Assignment, grant.assignment_id)


def test_a_grant_is_seen_by_the_people_of_its_request(world: World) -> None:
    request = world.submit(world.bot("slack", acting="alice"))
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    yes = [*(world.person(name) for name in ("alice", "carol", "dave")), world.bot("slack"), ADMIN, AUDITOR]
    no = [world.person("bob"), world.person("erin"), world.bot("teams")]
    for caller, visible in [*((caller, True) for caller in yes), *((caller, False) for caller in no)]:
        assert reads(world, caller, grant) == visible, caller.label
        assert (grant.id in listed(world, caller)) == visible, caller.label


def test_lists_are_narrowed_by_what_is_asked_for(world: World) -> None:
    one = world.approved()
    request = world.submit(world.person("bob"), asking((BETA, "ReadOnlyAccess")))
    (other,) = world.granted(request)
    world.change(other, state=GrantState.ENDED, ended_at=world.clock.now(), end_reason=EndReason.REVOKED)
    expected: list[tuple[dict[str, Any], set[Grant]]] = [
        ({}, {one, other}),
        ({"state": GrantState.SCHEDULED}, {one}),
        ({"live": True}, {one}),
        ({"live": False}, {other}),
        ({"principal": user_name("bob")}, {other}),
        ({"principal": person_id("alice")}, {one}),
        ({"account": BETA}, {other}),
        ({"permission_set": arn("AdministratorAccess")}, {one}),
        ({"request_id": request.id}, {other}),
        ({"account": "\x00"}, set()),
    ]
    for filters, wanted in expected:
        assert listed(world, AUDITOR, **filters) == {grant.id for grant in wanted}, filters


def test_revoking_says_what_is_owed_and_wakes_the_reconciler(world: World) -> None:
    grant = world.approved(submission=asking(starts_at=world.clock.now() + HOUR))
    before = assignment(world, grant)
    world.clock.advance(60)
    revoked = world.revoke(world.person("carol"), grant, comment=" enough\r\n")
    assert (revoked.revoked_at, revoked.revoked_by) == (world.clock.now(), "user:carol@example.com")
    assert (revoked.revoke_reason, revoked.revoke_comment) == (EndReason.REVOKED, "enough")
    assert (revoked.state, revoked.ended_at, revoked.end_reason) == (GrantState.SCHEDULED, None, None)
    after = assignment(world, grant)
    assert (after.next_attempt_at, after.version) == (world.clock.now(), before.version + 1)
    assert world.events()[-1] == "grant.revoked"


def test_a_wake_up_never_puts_off_what_is_due_earlier(world: World) -> None:
    grant = world.approved()
    due = assignment(world, grant).next_attempt_at
    world.clock.advance(60)
    world.revoke(world.person("alice"), grant)
    assert assignment(world, grant).next_attempt_at == due


def test_giving_back_ones_own_access_is_called_so(world: World) -> None:
    for caller in (world.person("alice"), world.bot(acting="alice")):
        grant = world.approved()
        assert world.revoke(caller, grant).revoke_reason is EndReason.RELINQUISHED


@pytest.mark.parametrize("who", ["carol", "dave", "admin"])
def test_approvers_and_admins_revoke(world: World, who: str) -> None:
    grant = world.approved()
    caller = ADMIN if who == "admin" else world.person(who)
    assert world.revoke(caller, grant).revoke_reason is EndReason.REVOKED


def test_others_revoke_nothing(world: World) -> None:
    request = world.submit(world.bot(acting="alice"))
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    for caller, refusal in ((AUDITOR, Forbidden), (world.bot(), ScopeMissing)):
        with world.refusing(refusal):
            world.revoke(caller, grant)
    for caller in (world.person("bob"), world.person("erin"), world.bot("teams")):
        with world.refusing(NotFound):
            world.revoke(caller, grant)
    bot = world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(ActAsRefused):
        world.revoke(bot, grant)


def test_a_grant_that_is_not_there_cannot_be_revoked(world: World) -> None:
    with world.refusing(NotFound):
        world.revoke(ADMIN, Grant(id=new_id()))


def test_nothing_stands_between_people_and_the_red_button(world: World) -> None:
    first, second = world.approved(), world.approved()
    with world.store.writing() as session:
        row = session.get_one(EntitlementVersion, 1)
        row.document, row.digest = {"nonsense": True}, "sha256:nonsense"
    world.leave("alice", group="engineers")
    world.revoke(world.person("alice"), first)
    world.remove(Principal, person_id("alice"))
    world.revoke(ADMIN, second)
    assert world.events().count("grant.revoked") == 2


def test_a_grant_is_revoked_once(world: World) -> None:
    grant, alice = world.approved(), world.person("alice")
    world.revoke(alice, grant)
    for caller in (alice, ADMIN):
        with world.refusing(AlreadyRevoked):
            world.revoke(caller, grant)


def test_what_is_over_cannot_be_revoked(world: World) -> None:
    alice, ended, failing, elapsed = (
        world.person("alice"),
        world.approved(),
        world.approved(),
        world.approved(),
    )
    world.change(
        ended, state=GrantState.ENDED, ended_at=world.clock.now(), end_reason=EndReason.REMOVED_OUTSIDE
    )
    world.change(failing, failure_code="account-suspended")
    for grant in (ended, failing):
        with world.refusing(GrantOver):
            world.revoke(alice, grant)
    world.clock.advance(3600)
    with world.refusing(GrantOver):
        world.revoke(alice, elapsed)


def test_comments_are_plain_text(world: World) -> None:
    grant, alice = world.approved(), world.person("alice")
    for comment in ("\x00", "\x1b[2J", "x" * 2001):
        with world.refusing(InvalidInput):
            world.revoke(alice, grant, comment=comment)


def test_what_one_may_do_is_said(world: World) -> None:
    grant = world.approved()
    yes = [*(world.person(name) for name in ("alice", "carol", "dave")), ADMIN]
    decider = world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    assert {actions(world, caller, grant) for caller in yes} == {("revoke",)}
    assert {actions(world, caller, grant) for caller in (world.person("bob"), AUDITOR, decider)} == {()}
    world.revoke(world.person("alice"), grant)
    assert actions(world, world.person("alice"), grant) == ("repeat",)
    assert {actions(world, caller, grant) for caller in (*yes[1:], decider)} == {()}


def test_ending_one_grant_says_nothing_about_its_neighbour(world: World) -> None:
    first, second = world.approved(), world.approved()
    world.revoke(world.person("alice"), first)
    with world.store.reading() as session:
        neighbour = session.get_one(Grant, second.id)
    assert neighbour.owing.owes_access(world.clock.now())
    assert neighbour.assignment_id == first.assignment_id


@pytest.mark.parametrize(
    ("values", "over"),
    [
        ({}, timedelta(hours=2)),
        ({"revoked_at": timedelta(minutes=10)}, None),
        ({"ended_at": timedelta(hours=3)}, timedelta(hours=4)),
        ({"revoked_at": timedelta(minutes=10), "ended_at": timedelta(minutes=12)}, timedelta(minutes=72)),
        ({"revoked_at": timedelta(minutes=-10), "ended_at": timedelta(minutes=-9)}, timedelta(minutes=-9)),
        ({"revoked_at": timedelta(hours=2)}, timedelta(hours=2)),
    ],
)
def test_access_is_over_when_the_last_session_is(
    values: dict[str, timedelta], over: timedelta | None
) -> None:
    start = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
    grant = Grant(
        starts_at=start,
        ends_at=start + HOUR,
        session_duration=HOUR,
        **{name: start + after for name, after in values.items()},
    )
    told = grants.access_over_at(grant, now=start + timedelta(minutes=10))
    assert told == (None if over is None else start + over)
