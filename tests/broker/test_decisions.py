"""Deciding: by whom, about what, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest

from protem.broker import policy, questions
from protem.db.models import (
    Account,
    AuditEvent,
    EntitlementVersion,
    PermissionSet,
    Principal,
    Request,
    Target,
)
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    AlreadyDecided,
    DurationOutOfBounds,
    Forbidden,
    InvalidInput,
    NotAnApprover,
    NotEligible,
    NotFound,
    OwnRequest,
    RelayRefused,
    RequestAnswered,
    StaleDigest,
    WideningRefused,
)
from protem.domain.lifecycle import GrantState, RequestState
from tests.broker.worlds import (
    ADMIN,
    ALPHA,
    AUDITOR,
    BETA,
    POLICY,
    World,
    arn,
    asking,
    person_id,
)

HOUR = timedelta(hours=1)

TWO_STEPS = """
entitlements:
  - name: admin
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    approval:
      expires_after: PT1H
      through: [slack]
      steps:
        - {name: lead, approvers: {groups: [leads]}}
        - {name: security, approvers: {groups: [security]}}
"""


def pending(world: World, *targets: tuple[str, str], **values: Any) -> Request:
    return world.submit(world.person("alice"), asking(*targets, **values))


def test_an_approval_makes_a_grant_for_each_target(world: World) -> None:
    request = pending(world, (BETA, "AdministratorAccess"), (ALPHA, "AdministratorAccess"))
    world.clock.advance(600)
    answered = world.decide(world.person("carol"), request)
    assert (answered.state, answered.answered_at) == (RequestState.APPROVED, world.clock.now())
    grants = world.granted(request)
    assert [grant.account_id for grant in grants] == [BETA, ALPHA]
    for grant in grants:
        assert (grant.state, grant.principal_id) == (GrantState.SCHEDULED, person_id("alice"))
        assert (grant.starts_at, grant.ends_at) == (world.clock.now(), world.clock.now() + HOUR)
        assert grant.permission_set_arn == arn("AdministratorAccess")
    assert {row.next_attempt_at for row in world.assignments()} == {world.clock.now()}
    assert world.events() == [
        "request.submitted",
        "decision.recorded",
        "request.approved",
        "grant.created",
        "grant.created",
    ]


def test_a_decision_is_on_record_with_all_that_it_was_about(world: World) -> None:
    request = pending(world)
    world.decide(world.person("carol"), request, duration=timedelta(minutes=30), comment=" go\r\n")
    (decision,) = world.request(request).decisions
    assert (decision.approver_id, decision.answer) == (person_id("carol"), Answer.APPROVE)
    assert (decision.comment, decision.duration) == ("go", timedelta(minutes=30))
    assert (decision.digest, decision.steps) == (request.digest, ["lead"])
    assert (decision.via_token_id, decision.decided_at) == (None, world.clock.now())


def test_a_denial_makes_nothing(world: World) -> None:
    request = pending(world)
    assert world.decide(world.person("carol"), request, Answer.DENY).state is RequestState.DENIED
    assert world.granted(request) == ()
    assert world.assignments() == []
    assert world.events() == ["request.submitted", "decision.recorded", "request.denied"]


def test_an_approval_after_the_wished_start_means_now_with_the_full_length(world: World) -> None:
    request = pending(world, starts_at=world.clock.now() + timedelta(minutes=5))
    world.clock.advance(600)
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    assert (grant.starts_at, grant.ends_at) == (world.clock.now(), world.clock.now() + HOUR)


def test_an_approver_may_narrow(world: World) -> None:
    request = pending(world)
    world.decide(world.person("carol"), request, duration=timedelta(minutes=10))
    (grant,) = world.granted(request)
    assert grant.ends_at - grant.starts_at == timedelta(minutes=10)
    assert world.request(request).duration == HOUR


def test_an_approver_may_not_widen(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    with world.refusing(WideningRefused):
        world.decide(carol, request, duration=HOUR + timedelta(seconds=1))


def test_an_approver_may_not_narrow_to_nothing(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    for duration in (timedelta(seconds=59), timedelta(), -HOUR, timedelta(minutes=2, microseconds=1)):
        with world.refusing(DurationOutOfBounds):
            world.decide(carol, request, duration=duration)


def test_a_denial_has_no_duration(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    with world.refusing(InvalidInput):
        world.decide(carol, request, Answer.DENY, duration=timedelta(minutes=10))


def test_comments_are_plain_text(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    for comment in ("\x00", "\x1b[2J", "x" * 2001, "\u202e"):
        with world.refusing(InvalidInput):
            world.decide(carol, request, comment=comment)


def test_every_step_needs_somebody_of_its_own(world: World) -> None:
    world.apply(TWO_STEPS)
    request = pending(world)
    assert world.decide(world.person("dave"), request).state is RequestState.PENDING
    assert world.granted(request) == ()
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED
    assert world.events().count("decision.recorded") == 2
    assert world.events().count("request.approved") == 1


def test_one_denial_ends_it_whoever_agreed_before(world: World) -> None:
    world.apply(TWO_STEPS)
    request = pending(world)
    world.decide(world.person("dave"), request)
    assert world.decide(world.person("carol"), request, Answer.DENY).state is RequestState.DENIED


def test_the_shortest_duration_that_anybody_agreed_to_counts(world: World) -> None:
    world.apply(TWO_STEPS)
    request = pending(world)
    world.decide(world.person("dave"), request, duration=timedelta(minutes=20))
    world.decide(world.person("carol"), request, duration=timedelta(minutes=30))
    (grant,) = world.granted(request)
    assert grant.ends_at - grant.starts_at == timedelta(minutes=20)


def test_nobody_decides_twice(world: World) -> None:
    world.apply(TWO_STEPS)
    request, dave = pending(world), world.person("dave")
    world.decide(dave, request)
    for answer in Answer:
        with world.refusing(AlreadyDecided):
            world.decide(dave, request, answer)


SELF_SERVICE = POLICY.replace("groups: [leads]", "groups: [leads, engineers]")


@pytest.mark.parametrize("answer", Answer)
def test_the_requester_never_decides_however_they_come(world: World, answer: Answer) -> None:
    for source in (POLICY, SELF_SERVICE):
        world.apply(source)
        request = pending(world)
        for caller in (world.person("alice"), world.bot(acting="alice")):
            with world.refusing(OwnRequest):
                world.decide(caller, request, answer)


def test_the_beneficiary_never_decides(world: World) -> None:
    world.apply(SELF_SERVICE)
    request = asked_for_another(world)
    for caller in (world.person("bob"), world.bot(acting="bob"), world.person("alice")):
        with world.refusing(OwnRequest):
            world.decide(caller, request)


def asked_for_another(world: World) -> Request:
    """Return a request of alice's for bob, as later versions will let people ask."""
    request = pending(world)
    world.change(request, beneficiary_id=person_id("bob"))
    with world.store.reading() as session:
        changed = session.get_one(Request, request.id)
        digest = questions.digest(changed, policy.version(session, 1))
    world.change(changed, digest=digest)
    return world.request(request)


def test_a_colleague_who_is_an_approver_decides(world: World) -> None:
    world.apply(SELF_SERVICE)
    assert world.decide(world.person("bob"), pending(world)).state is RequestState.APPROVED


@pytest.mark.parametrize("who", ["admin", "auditor"])
def test_who_may_read_everything_decides_nothing(world: World, who: str) -> None:
    request, caller = pending(world), {"admin": ADMIN, "auditor": AUDITOR}[who]
    with world.refusing(Forbidden):
        world.decide(caller, request)


def test_a_service_by_itself_decides_nothing(world: World) -> None:
    request = world.submit(world.bot(acting="alice"))
    with world.refusing(Forbidden):
        world.decide(world.bot(), request)
    unseen, bot = pending(world), world.bot()
    with world.refusing(NotFound):
        world.decide(bot, unseen)


@pytest.mark.parametrize("name", ["erin", "bob"])
def test_who_is_no_approver_does_not_even_see_it(world: World, name: str) -> None:
    request, caller = pending(world), world.person(name)
    with world.refusing(NotFound):
        world.decide(caller, request)


def test_a_trusted_service_relays(world: World) -> None:
    bot = world.bot("slack", acting="carol", scopes=[Scope.ACT_AS_DECIDE])
    request = world.decide(bot, pending(world))
    assert request.state is RequestState.APPROVED
    (decision,) = world.request(request).decisions
    assert (decision.approver_id, decision.via_token_id) == (person_id("carol"), bot.token_id)
    with world.store.reading() as session:
        (event,) = (event for event in session.query(AuditEvent) if event.type == "decision.recorded")
    assert (event.caller, event.acting_as) == ("service:slack", "user:carol@example.com")


@pytest.mark.parametrize("name", ["teams", "slack2", "slac"])
def test_a_service_that_the_entitlement_does_not_name_relays_nothing(world: World, name: str) -> None:
    request, bot = pending(world), world.bot(name, acting="carol")
    for answer in Answer:
        with world.refusing(RelayRefused):
            world.decide(bot, request, answer)


def test_one_bot_is_not_both_eyes_of_four(world: World) -> None:
    bot = world.bot("slack", acting="carol", scopes=[Scope.ACT_AS_REQUEST])
    request = world.submit(world.bot("slack", acting="alice", scopes=[Scope.ACT_AS_REQUEST]))
    with world.refusing(ActAsRefused):
        world.decide(bot, request)


@pytest.mark.parametrize("digest", ["", "sha256:0", "\x00"])
def test_a_decision_is_about_what_was_shown(world: World, digest: str) -> None:
    request, carol = pending(world), world.person("carol")
    other = pending(world, (BETA, "AdministratorAccess"))
    for shown in (digest, other.digest, request.digest.upper()):
        for answer in Answer:
            with world.refusing(StaleDigest):
                world.decide(carol, request, answer, digest=shown)


def test_a_target_that_was_changed_under_a_request_is_noticed(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    with world.store.writing() as session:
        session.get_one(Target, (request.id, 0)).account_id = BETA
    with world.refusing(StaleDigest):
        world.decide(carol, request)


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.PENDING}))
def test_an_answered_request_stays_as_it_is(world: World, state: RequestState) -> None:
    request, carol, dave = pending(world), world.person("carol"), world.person("dave")
    match state:
        case RequestState.APPROVED:
            world.decide(dave, request)
        case RequestState.DENIED:
            world.decide(dave, request, Answer.DENY)
        case RequestState.WITHDRAWN:
            world.withdraw(world.person("alice"), request)
        case _:
            world.clock.advance(24 * 3600)
    for answer in Answer:
        with world.refusing(RequestAnswered) as caught:
            world.decide(carol, request, answer)
        assert caught.value.facts == {"state": state.value}


def test_time_is_up_at_the_moment_it_is_up(world: World) -> None:
    request, late = pending(world), pending(world)
    world.clock.advance(24 * 3600 - 0.001)
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED
    world.clock.advance(0.001)
    with world.refusing(RequestAnswered):
        world.decide(world.person("carol"), late)


NARROWER = {
    "gone": (POLICY.replace("name: admin", "name: admins"), NotEligible),
    "not for alice": (POLICY.replace("[engineers]", "[security]"), NotEligible),
    "not there": (
        POLICY.replace('ids: ["111111111111", "222222222222"]', 'ids: ["222222222222"]'),
        NotEligible,
    ),
    "not that": (POLICY.replace("[AdministratorAccess]", "[ReadOnlyAccess]"), NotEligible),
    "shorter": (POLICY.replace("PT1H, maximum: PT4H", "PT30M, maximum: PT30M"), NotEligible),
    "other approvers": (POLICY.replace("groups: [leads]", "groups: [security]"), NotAnApprover),
}


@pytest.mark.parametrize("change", NARROWER)
def test_a_policy_that_has_changed_since_can_only_take_away(world: World, change: str) -> None:
    source, kind = NARROWER[change]
    request, carol = pending(world), world.person("carol")
    world.apply(source)
    with world.refusing(kind):
        world.decide(carol, request)
    assert world.decide(carol, request, Answer.DENY).state is RequestState.DENIED


def test_a_service_that_is_trusted_no_more_can_only_deny(world: World) -> None:
    request, bot = pending(world), world.bot(acting="carol")
    world.apply(POLICY.replace("through: [slack]", "through: [teams]"))
    with world.refusing(RelayRefused):
        world.decide(bot, request)
    assert world.decide(bot, request, Answer.DENY).state is RequestState.DENIED


def test_a_shorter_maximum_leaves_room_for_a_shorter_approval(world: World) -> None:
    request, carol = pending(world), world.person("carol")
    world.apply(POLICY.replace("PT1H, maximum: PT4H", "PT30M, maximum: PT30M"))
    answered = world.decide(carol, request, duration=timedelta(minutes=30))
    assert answered.state is RequestState.APPROVED


def test_the_version_that_a_request_remembers_names_its_approvers(world: World) -> None:
    request = pending(world)
    world.apply(POLICY.replace("groups: [leads]", "users: [erin@example.com, carol@example.com]"))
    erin = world.person("erin")
    with world.refusing(NotFound):
        world.decide(erin, request)
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED


def test_who_left_the_group_decides_no_more(world: World) -> None:
    request = pending(world)
    world.leave("carol", group="leads")
    carol = world.person("carol")
    with world.refusing(NotFound):
        world.decide(carol, request)


CHANGES: dict[str, tuple[type[Any], str, dict[str, Any]]] = {
    "account suspended": (Account, ALPHA, {"status": "SUSPENDED"}),
    "account gone": (Account, ALPHA, {"removed_at": True}),
    "account manages now": (Account, ALPHA, {"is_management": True}),
    "policies changed": (PermissionSet, arn("AdministratorAccess"), {"policies_digest": "sha256:more"}),
    "permission set gone": (PermissionSet, arn("AdministratorAccess"), {"removed_at": True}),
    "beneficiary gone": (Principal, person_id("alice"), {"removed_at": True}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_aws_has_changed_since_cannot_be_approved(world: World, change: str) -> None:
    kind, identifier, values = CHANGES[change]
    request, carol = pending(world), world.person("carol")
    with world.store.reading() as session:
        row = session.get_one(kind, identifier)
    if "removed_at" in values:
        values = {"removed_at": world.clock.now()}
    world.change(row, **values)
    with world.refusing(NotEligible):
        world.decide(carol, request)
    assert world.decide(carol, request, Answer.DENY).state is RequestState.DENIED


@pytest.mark.parametrize("name", ["carol", "dave"])
def test_nobody_can_decide_under_a_policy_that_cannot_be_read(world: World, name: str) -> None:
    request, caller = pending(world), world.person(name)
    with world.store.writing() as session:
        row = session.get_one(EntitlementVersion, 1)
        row.document, row.digest = {"entitlements": [{"name": []}]}, "sha256:broken"
    for answer in Answer:
        with world.refusing(NotFound):
            world.decide(caller, request, answer)
