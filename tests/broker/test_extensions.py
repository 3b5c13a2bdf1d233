"""Extending: by the rules of asking, one at a time, and never what is over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from protem.broker import activation, expiry, extensions, grants
from protem.broker.callers import Caller
from protem.db.models import AuditEvent, Grant, PermissionSet, Principal, Request
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    DurationOutOfBounds,
    ExtensionPending,
    ExtensionRefused,
    Forbidden,
    GrantOver,
    InvalidInput,
    JustificationRefused,
    NoApprovers,
    NotEligible,
    NotFound,
    OutsideAllowedHours,
    OwnRequest,
    TicketRefused,
    TooManyGrants,
)
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, POLICY, World, arn, asking, person_id

MINUTE, HALF, HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)
EXTENSIBLE = POLICY.replace(
    "maximum: PT4H}", "maximum: PT4H}\n    extension: {maximum_count: 2, maximum: PT1H}"
)
FOR_OTHERS = EXTENSIBLE.replace(
    "[AdministratorAccess]}", "[AdministratorAccess]}\n    requesters_for: {groups: [leads]}"
)
READING = (ALPHA, "ReadOnlyAccess")


@pytest.fixture
def world(world: World) -> World:
    """The usual world, in which every grant may be extended twice, by an hour each time."""
    world.apply(EXTENSIBLE)
    return world


def reading(world: World, *, by: str = "alice", **asked: Any) -> Grant:
    """Return a grant that nobody had to approve."""
    return world.granted(world.submit(world.person(by), asking(READING, **asked)))[0]


def asked_for(world: World, grant: Grant, duration: timedelta = HALF, *, by: str = "alice") -> Request:
    """Ask for a grant to last longer, and return the request that waits for an answer."""
    world.extend(world.person(by), grant, duration)
    with world.store.reading() as session:
        return extensions.pending(session, [grant.id], now=world.clock.now())[grant.id]


def ask_for_bob(world: World) -> Grant:
    """Return a grant of bob's that carol asked for and dave approved."""
    world.apply(FOR_OTHERS)
    request = world.submit(world.person("carol"), asking(beneficiary="bob@example.com"))
    world.decide(world.person("dave"), request)
    return world.granted(request)[0]


def facts(world: World, event: str) -> dict[str, Any]:
    with world.store.reading() as session:
        return session.scalars(select(AuditEvent).where(AuditEvent.type == event)).one().facts


def actions(world: World, caller: Caller, grant: Grant) -> tuple[str, ...]:
    with world.store.reading() as session:
        return grants.actions(session, caller, session.get_one(Grant, grant.id), now=world.clock.now())


def test_what_needs_nobodys_approval_lasts_longer_at_once(world: World) -> None:
    grant = reading(world)
    world.clock.advance(600)
    extended = world.extend(world.person("alice"), grant)
    assert (extended.ends_at, extended.extensions) == (grant.ends_at + HALF, 1)
    assert world.grant(grant).starts_at == grant.starts_at
    assert world.events()[-3:] == ["request.submitted", "request.approved", "grant.extended"]


def test_what_was_approved_is_extended_by_approval(world: World) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    assert world.grant(grant).ends_at == grant.ends_at
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED
    assert world.grant(grant).ends_at == grant.ends_at + HALF
    assert world.granted(request) == ()


def test_the_record_says_which_end_was_moved_and_why(world: World) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    world.decide(world.person("carol"), request)
    assert facts(world, "grant.extended") == {
        "extension_request_id": str(request.id),
        "ends_at_before": grant.ends_at.isoformat(),
        "ends_at": (grant.ends_at + HALF).isoformat(),
        "extensions": 1,
    }


def test_an_extension_wakes_the_reconciler_and_overtakes_what_it_is_recording(world: World) -> None:
    grant = reading(world)
    (before,) = world.assignments()
    world.clock.advance(60)
    world.extend(world.person("alice"), grant)
    (after,) = world.assignments()
    assert after.version > before.version


def test_an_approver_may_agree_to_less(world: World) -> None:
    grant = world.approved()
    world.decide(world.person("carol"), asked_for(world, grant), duration=5 * MINUTE)
    assert world.grant(grant).ends_at == grant.ends_at + 5 * MINUTE


def test_a_denied_extension_leaves_the_end_and_another_may_be_asked_for(world: World) -> None:
    grant = world.approved()
    world.decide(world.person("carol"), asked_for(world, grant), Answer.DENY)
    assert world.grant(grant).ends_at == grant.ends_at
    assert asked_for(world, grant).state is RequestState.PENDING


def test_requester_and_beneficiary_may_extend_and_nobody_else(world: World) -> None:
    grant = ask_for_bob(world)
    others = [(world.person("dave"), Forbidden), (world.person("erin"), NotFound)]
    others += [(world.person("alice"), NotFound), (ADMIN, Forbidden), (AUDITOR, Forbidden)]
    for caller, kind in others:
        with world.refusing(kind):
            world.extend(caller, grant)
    for name in ("carol", "bob"):
        request = asked_for(world, grant, by=name)
        assert (request.requester_id, request.beneficiary_id) == (person_id(name), person_id("bob"))
        world.withdraw(world.person(name), request)


def test_nobody_approves_an_extension_of_their_own(world: World) -> None:
    grant = ask_for_bob(world)
    request = asked_for(world, grant, by="carol")
    with world.refusing(OwnRequest):
        world.decide(world.person("carol"), request)


def test_a_service_extends_as_somebody_with_the_scope_for_asking(world: World) -> None:
    grant = world.approved()
    decider = world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(ActAsRefused):
        world.extend(decider, grant)
    world.extend(world.bot(acting="alice", scopes=[Scope.ACT_AS_REQUEST]), grant)


@pytest.mark.parametrize("duration", [timedelta(), -HALF, timedelta(seconds=59), timedelta(seconds=90.5)])
def test_an_extension_is_of_whole_seconds_and_a_minute_at_least(world: World, duration: timedelta) -> None:
    grant = reading(world)
    with world.refusing(DurationOutOfBounds):
        world.extend(world.person("alice"), grant, duration)


def test_more_at_a_time_than_the_entitlement_lets_is_refused(world: World) -> None:
    grant = reading(world)
    with world.refusing(ExtensionRefused) as caught:
        world.extend(world.person("alice"), grant, HOUR + MINUTE)
    assert caught.value.errors[0].field == "duration"
    world.extend(world.person("alice"), grant, HOUR)


def test_a_grant_is_extended_so_often_and_no_more(world: World) -> None:
    grant = reading(world, duration=4 * HOUR)
    for _ in range(2):
        world.extend(world.person("alice"), grant, HOUR)
    with world.refusing(ExtensionRefused):
        world.extend(world.person("alice"), grant, MINUTE)
    assert world.grant(grant).ends_at == grant.starts_at + 6 * HOUR


def test_where_the_entitlement_says_nothing_nothing_is_extended(world: World) -> None:
    grant = reading(world)
    world.apply(POLICY)
    with world.refusing(ExtensionRefused):
        world.extend(world.person("alice"), grant, MINUTE)


def test_a_stricter_entitlement_bounds_the_whole_time(world: World) -> None:
    grant = reading(world, duration=4 * HOUR)
    world.apply(EXTENSIBLE.replace("maximum: PT4H", "maximum: PT2H"))
    with world.refusing(ExtensionRefused) as caught:
        world.extend(world.person("alice"), grant, MINUTE)
    assert "PT4H1M altogether, longer than the PT3H" in caught.value.detail


def test_a_stricter_entitlement_is_asked_at_the_approval_too(world: World) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    world.apply(EXTENSIBLE.replace("maximum: PT1H", "maximum: PT10M"))
    with world.refusing(NotEligible):
        world.decide(world.person("carol"), request)
    world.decide(world.person("carol"), request, duration=10 * MINUTE)


@pytest.mark.parametrize("source", ["entitlements: []", EXTENSIBLE.replace("[engineers]", "[security]")])
def test_who_may_ask_no_more_may_not_extend(world: World, source: str) -> None:
    grant = reading(world)
    world.apply(source)
    with world.refusing(NotEligible):
        world.extend(world.person("alice"), grant)


def test_what_has_gone_from_aws_is_not_extended(world: World) -> None:
    grant = reading(world)
    world.remove(PermissionSet, arn("ReadOnlyAccess"))
    with world.refusing(NotEligible):
        world.extend(world.person("alice"), grant)


def test_access_of_somebody_who_left_is_not_extended(world: World) -> None:
    grant = ask_for_bob(world)
    world.remove(Principal, person_id("bob"))
    with world.refusing(NotEligible):
        world.extend(world.person("carol"), grant)


def test_justification_and_ticket_are_asked_for_as_in_any_request(world: World) -> None:
    rules = EXTENSIBLE.replace("minimum_length: 5}", "minimum_length: 5}\n    ticket: {required: true}")
    world.apply(rules)
    grant = world.approved(submission=asking(ticket="OPS-1"))
    with world.refusing(JustificationRefused):
        world.extend(world.person("alice"), grant, justification="more", ticket="OPS-1")
    with world.refusing(InvalidInput):
        world.extend(world.person("alice"), grant, justification="\u202e", ticket="OPS-1")
    with world.refusing(TicketRefused):
        world.extend(world.person("alice"), grant)


def test_a_step_for_long_access_counts_the_whole_time(world: World) -> None:
    step = "- {name: security, approvers: {groups: [security]}, when: {duration_over: PT1H}}"
    world.apply(EXTENSIBLE.replace("steps:\n", f"steps:\n        {step}\n"))
    grant = world.approved()
    request = asked_for(world, grant)
    assert world.decide(world.person("carol"), request).state is RequestState.PENDING
    assert world.decide(world.person("dave"), request).state is RequestState.APPROVED
    assert world.grant(grant).ends_at == grant.ends_at + HALF


def test_a_step_that_nobody_could_serve_is_refused(world: World) -> None:
    step = "- {name: nobody, approvers: {users: [alice@example.com]}, when: {duration_over: PT1H}}"
    world.apply(EXTENSIBLE.replace("steps:\n", f"steps:\n        {step}\n"))
    grant = world.approved()
    with world.refusing(NoApprovers):
        world.extend(world.person("alice"), grant)


def test_allowed_hours_cover_the_whole_new_window(world: World) -> None:
    hours = 'allowed_hours: {time_zone: Europe/London, windows: [{days: [mon], from: "08:00", to: "10:15"}]}'
    world.apply(EXTENSIBLE.replace("{all: true}", f"{{all: true}}\n    {hours}"))
    grant = reading(world)
    with world.refusing(OutsideAllowedHours) as caught:
        world.extend(world.person("alice"), grant, 20 * MINUTE)
    assert caught.value.errors[0].field == "duration"
    world.extend(world.person("alice"), grant, 15 * MINUTE)


def test_standing_access_and_the_grant_itself_are_not_in_the_way(world: World) -> None:
    alone = "maximum_concurrent: 1\n    cool_down: PT1H\n    justification:"
    world.apply(EXTENSIBLE.replace("justification:", alone))
    grant = world.approved()
    world.hold_standing("engineers")
    world.decide(world.person("carol"), asked_for(world, grant))
    assert world.grant(grant).extensions == 1


def test_an_extension_into_another_grant_counts_as_one_more(world: World) -> None:
    world.apply(
        EXTENSIBLE.replace("accounts: {all: true}", "accounts: {all: true}\n    maximum_concurrent: 1")
    )
    grant = reading(world)
    reading(world, starts_at=grant.ends_at + 10 * MINUTE)
    with world.refusing(TooManyGrants) as caught:
        world.extend(world.person("alice"), grant, 11 * MINUTE)
    assert caught.value.errors[0].field == "duration"
    world.extend(world.person("alice"), grant, 10 * MINUTE)


def test_an_extension_is_held_to_the_number_of_grants_when_it_is_approved(world: World) -> None:
    alone = "maximum_concurrent: 1\n    justification:"
    world.apply(EXTENSIBLE.replace("justification:", alone))
    grant = world.approved()
    request = asked_for(world, grant)
    world.approved(submission=asking(starts_at=grant.ends_at))
    carol = world.person("carol")
    with world.refusing(NotEligible):
        world.decide(carol, request)


def test_one_extension_waits_at_a_time(world: World) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    with world.refusing(ExtensionPending) as caught:
        world.extend(world.person("alice"), grant)
    assert caught.value.facts == {"request_id": str(request.id)}
    world.withdraw(world.person("alice"), request)
    asked_for(world, grant)


def test_a_lapsed_extension_is_in_nobodys_way(world: World) -> None:
    world.apply(EXTENSIBLE.replace("expires_after: PT24H", "expires_after: PT5M"))
    grant = world.approved()
    lapsed = asked_for(world, grant)
    world.clock.advance(300)
    asked_for(world, grant)
    assert world.request(lapsed).state is RequestState.EXPIRED
    assert world.events().count("request.expired") == 1


def test_an_extension_lapses_with_its_grant(world: World) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    assert request.expires_at == grant.ends_at
    world.clock.set(grant.ends_at)
    with world.store.writing() as session:
        assert expiry.expire_due(session, now=world.clock.now()) == 1
    assert world.grant(grant).ends_at == grant.ends_at


OVER: list[dict[str, Any]] = [
    {"revoked_at": True, "revoke_reason": EndReason.REVOKED},
    {"failure_code": "user-deleted"},
    {"states": [GrantState.ACTIVATING, GrantState.DEACTIVATING]},
    {"states": [GrantState.ENDED]},
]


def bring_to(world: World, grant: Grant, how: dict[str, Any]) -> None:
    """Have a grant come to one of the ways of being over."""
    for state in how.get("states", ()):
        over = {"ended_at": world.clock.now(), "end_reason": EndReason.REVOKED}
        world.change(world.grant(grant), state=state, **(over if state is GrantState.ENDED else {}))
    others = {name: value for name, value in how.items() if name != "states"}
    if others:
        if "revoked_at" in others:
            others["revoked_at"] = world.clock.now()
        world.change(world.grant(grant), **others)


@pytest.mark.parametrize("how", OVER)
def test_what_is_over_is_not_extended(world: World, how: dict[str, Any]) -> None:
    grant = reading(world)
    bring_to(world, grant, how)
    with world.refusing(GrantOver) as caught:
        world.extend(world.person("alice"), grant)
    assert caught.value.facts == {"state": world.grant(grant).state.value}


@pytest.mark.parametrize("how", OVER)
def test_an_approval_revives_nothing(world: World, how: dict[str, Any]) -> None:
    grant = world.approved()
    request = asked_for(world, grant)
    bring_to(world, grant, how)
    with world.refusing(GrantOver):
        world.decide(world.person("carol"), request)


@pytest.mark.parametrize("seconds", [0, 1])
def test_nothing_is_extended_from_its_end_on(world: World, seconds: float) -> None:
    grant = reading(world)
    world.clock.set(grant.ends_at + timedelta(seconds=seconds))
    with world.refusing(GrantOver):
        world.extend(world.person("alice"), grant)


def test_the_last_second_is_no_way_to_stay_for_ever(world: World) -> None:
    grant = reading(world, duration=4 * HOUR)
    for _ in range(2):
        world.clock.set(world.grant(grant).ends_at - timedelta(seconds=1))
        world.extend(world.person("alice"), grant, HOUR)
    world.clock.set(world.grant(grant).ends_at - timedelta(seconds=1))
    with world.refusing(ExtensionRefused):
        world.extend(world.person("alice"), grant, MINUTE)
    assert world.grant(grant).ends_at - grant.starts_at == 6 * HOUR


def test_what_has_not_begun_can_be_extended_and_is_held_to_its_longest_time(world: World) -> None:
    grant = reading(world, starts_at=world.clock.now() + HOUR, duration=4 * HOUR)
    world.extend(world.person("alice"), grant, HOUR)
    assert world.grant(grant).ends_at == grant.ends_at + HOUR
    assert why_not(world, grant) is None
    world.apply(POLICY)
    assert "read allows at most PT4H by now" in str(why_not(world, grant))


def why_not(world: World, grant: Grant) -> str | None:
    with world.store.reading() as session:
        found = activation.why_not(session, session.get_one(Grant, grant.id), world.clock.now())
        return found.sentence if found else None


def test_what_the_permission_set_allows_today_is_what_approvers_are_asked_about(world: World) -> None:
    grant = world.approved()
    with world.store.writing() as session:
        session.get_one(PermissionSet, arn("AdministratorAccess")).policies_digest = "sha256:more"
    request = asked_for(world, grant)
    assert request.targets[0].policies_digest == "sha256:more"


def test_whoever_could_extend_is_told_so(world: World) -> None:
    grant = world.approved()
    alice, carol = world.person("alice"), world.person("carol")
    assert actions(world, alice, grant) == ("revoke", "extend")
    assert actions(world, carol, grant) == ("revoke",)
    request = asked_for(world, grant)
    assert actions(world, alice, grant) == ("revoke",)
    world.withdraw(alice, request)
    world.apply(POLICY)
    assert actions(world, alice, grant) == ("revoke",)
