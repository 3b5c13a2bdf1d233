"""Asking: who may, which entitlement decides, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest

from protem.broker.requests import Submission
from protem.db.models import Account, EntitlementVersion, PermissionSet, Table
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    AmbiguousEntitlement,
    BeneficiaryRefused,
    DurationOutOfBounds,
    Forbidden,
    NotEligible,
    Refusal,
    ScopeMissing,
    StandingAccess,
    UnknownEntitlement,
    UnknownPrincipal,
)
from protem.domain.lifecycle import GrantState, RequestState
from tests.broker.worlds import (
    ADMIN,
    ALPHA,
    AUDITOR,
    BETA,
    INSTANCE,
    POLICY,
    World,
    arn,
    asking,
    person_id,
    user_name,
)

HOUR = timedelta(hours=1)


def refused(world: World, kind: type[Refusal], submission: Submission, *, by: str = "alice") -> Refusal:
    caller = world.person(by)
    with world.refusing(kind) as caught:
        world.submit(caller, submission)
    refusal = caught.value
    assert isinstance(refusal, Refusal)
    return refusal


def fields(refusal: Refusal) -> list[str]:
    return [error.field for error in refusal.errors]


def test_a_request_waits_for_its_approvers(world: World) -> None:
    request = world.submit(world.person("alice"), asking(ticket=" OPS-1 ", justification=" the pager\r\n"))
    assert request.state is RequestState.PENDING
    assert (request.requester_id, request.beneficiary_id) == (person_id("alice"), person_id("alice"))
    assert (request.entitlement, request.entitlement_version) == ("admin", 1)
    assert (request.duration, request.starts_at) == (HOUR, None)
    assert (request.justification, request.ticket) == ("the pager", "OPS-1")
    assert request.expires_at == world.clock.now() + timedelta(hours=24)
    assert (request.via_token_id, request.answered_at) == (None, None)
    assert world.events() == ["request.submitted"]
    assert world.granted(request) == ()


def test_what_was_asked_for_is_kept_by_id(world: World) -> None:
    request = world.submit(world.person("alice"), asking(("Alpha", "administratoraccess")))
    (target,) = world.request(request).targets
    assert (target.account_id, target.account_name) == (ALPHA, "alpha")
    assert (target.instance_arn, target.permission_set_arn) == (INSTANCE, arn("AdministratorAccess"))
    assert target.permission_set_name == "AdministratorAccess"
    assert (target.policies_digest, target.session_duration) == ("sha256:AdministratorAccess", HOUR)


def test_a_permission_set_can_be_named_by_its_arn(world: World) -> None:
    request = world.submit(world.person("alice"), asking((ALPHA, arn("AdministratorAccess"))))
    assert request.targets[0].permission_set_name == "AdministratorAccess"


def test_targets_keep_their_order(world: World) -> None:
    pairs = ((BETA, "AdministratorAccess"), (ALPHA, "AdministratorAccess"))
    request = world.submit(world.person("alice"), asking(*pairs))
    assert [target.account_id for target in world.request(request).targets] == [BETA, ALPHA]


def test_the_entitlement_says_how_long_when_nobody_does(world: World) -> None:
    assert world.submit(world.person("alice"), asking(duration=None)).duration == HOUR


def test_without_approval_access_is_owed_at_once(world: World) -> None:
    pairs = tuple((account, "ReadOnlyAccess") for account in (BETA, ALPHA))
    request = world.submit(world.person("alice"), asking(*pairs))
    assert (request.state, request.answered_at) == (RequestState.APPROVED, world.clock.now())
    grants = world.granted(request)
    assert [grant.account_id for grant in grants] == [BETA, ALPHA]
    assert {grant.state for grant in grants} == {GrantState.SCHEDULED}
    assert {(grant.starts_at, grant.ends_at) for grant in grants} == {
        (world.clock.now(), world.clock.now() + HOUR)
    }
    assert world.events() == ["request.submitted", "request.approved", "grant.created", "grant.created"]
    assert {row.next_attempt_at for row in world.assignments()} == {world.clock.now()}


def test_a_wish_for_later_is_kept(world: World) -> None:
    later = world.clock.now() + timedelta(days=7)
    (grant,) = world.granted(
        world.submit(world.person("alice"), asking((ALPHA, "ReadOnlyAccess"), starts_at=later))
    )
    assert (grant.starts_at, grant.ends_at) == (later, later + HOUR)
    assert [row.next_attempt_at for row in world.assignments()] == [later]


def test_a_service_asks_as_somebody(world: World) -> None:
    bot = world.bot(acting="alice", scopes=[Scope.ACT_AS_REQUEST])
    request = world.submit(bot)
    assert (request.requester_id, request.via_token_id) == (person_id("alice"), bot.token_id)


def test_a_service_that_may_only_decide_cannot_ask(world: World) -> None:
    bot = world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(ActAsRefused):
        world.submit(bot)


@pytest.mark.parametrize(
    ("who", "refusal"), [("admin", Forbidden), ("auditor", Forbidden), ("service", ScopeMissing)]
)
def test_who_is_nobody_cannot_ask(world: World, who: str, refusal: type[Refusal]) -> None:
    caller = {"admin": ADMIN, "auditor": AUDITOR, "service": world.bot()}[who]
    with world.refusing(refusal):
        world.submit(caller)


@pytest.mark.parametrize("named", [user_name("alice"), "Alice@Example.com", person_id("alice")])
def test_one_can_name_oneself_as_beneficiary(world: World, named: str) -> None:
    assert world.submit(world.person("alice"), asking(beneficiary=named)).beneficiary_id == person_id("alice")


def test_asking_for_somebody_else_comes_later(world: World) -> None:
    refused(world, BeneficiaryRefused, asking(beneficiary=user_name("bob")))


def test_asking_for_nobody_is_refused(world: World) -> None:
    assert fields(refused(world, UnknownPrincipal, asking(beneficiary="nobody"))) == ["beneficiary"]


def test_an_entitlement_that_is_not_there_is_unknown(world: World) -> None:
    for name in ["nothing", "", "\x00", "admin\x00"]:
        assert fields(refused(world, UnknownEntitlement, asking(entitlement=name))) == ["entitlement"]


def test_the_entitlements_of_others_cannot_be_told_from_none(world: World) -> None:
    hidden = refused(world, UnknownEntitlement, asking(entitlement="admin"), by="erin")
    missing = refused(world, UnknownEntitlement, asking(entitlement="nothing"), by="erin")
    assert (hidden.detail, hidden.errors, hidden.facts) == (missing.detail, missing.errors, missing.facts)


def test_who_is_named_nowhere_learns_nothing_of_what_there_is(world: World) -> None:
    refusal = refused(world, NotEligible, asking(), by="erin")
    assert (refusal.errors, refusal.facts) == ((), {})


def test_why_none_of_ones_entitlements_fits_is_said_for_each(world: World) -> None:
    refusal = refused(world, NotEligible, asking((ALPHA, "AdministratorAccess"), (BETA, "ReadOnlyAccess")))
    assert refusal.facts["entitlements"] == [
        {"entitlement": "admin", "reasons": ["admin does not offer ReadOnlyAccess"]},
        {"entitlement": "read", "reasons": ["read does not offer AdministratorAccess"]},
    ]


def test_a_named_entitlement_that_does_not_reach_the_target_says_so(world: World) -> None:
    refusal = refused(world, NotEligible, asking((ALPHA, "ReadOnlyAccess"), entitlement="admin"))
    assert refusal.facts["reasons"] == ["admin does not offer ReadOnlyAccess"]
    assert fields(refusal) == ["targets"]


TWO = """
entitlements:
  - name: {0}
    requesters: {{groups: [engineers]}}
    permission_sets: {{names: [AdministratorAccess]}}
    accounts: {{all: true}}
    duration: {{default: PT1H, maximum: PT1H}}
    approval: {{expires_after: PT1H, steps: [{{name: lead, approvers: {{groups: [leads]}}}}]}}
  - name: {1}
    requesters: {{users: [alice@example.com]}}
    permission_sets: {{names: [AdministratorAccess]}}
    accounts: {{all: true}}
    duration: {{default: PT8H, maximum: PT8H}}
"""


def test_two_that_match_must_be_told_apart(world: World) -> None:
    world.apply(TWO.format("short", "long"))
    assert refused(world, AmbiguousEntitlement, asking()).facts == {"candidates": ["long", "short"]}
    assert world.submit(world.person("alice"), asking(entitlement="SHORT")).entitlement == "short"


def test_limits_and_approval_of_two_are_never_mixed(world: World) -> None:
    world.apply(TWO.format("short", "long"))
    refused(world, DurationOutOfBounds, asking(duration=timedelta(hours=8), entitlement="short"))
    approved = world.submit(world.person("alice"), asking(duration=timedelta(hours=8), entitlement="long"))
    pending = world.submit(world.person("alice"), asking(entitlement="short"))
    assert (approved.state, pending.state) == (RequestState.APPROVED, RequestState.PENDING)


@pytest.mark.parametrize(("holder", "how"), [("alice", None), ("engineers", "engineers")])
def test_access_that_is_held_already_is_refused(world: World, holder: str, how: str | None) -> None:
    world.hold_standing(holder)
    refusal = refused(
        world, StandingAccess, asking((BETA, "AdministratorAccess"), (ALPHA, "AdministratorAccess"))
    )
    assert fields(refusal) == ["targets.1"]
    assert refusal.facts == {
        "targets": [{"account_id": ALPHA, "permission_set_arn": arn("AdministratorAccess"), "group": how}]
    }
    assert (f"through the group {how}" if how else "directly") in refusal.detail


@pytest.mark.parametrize("holder", ["bob", "leads"])
def test_what_others_hold_does_not_matter(world: World, holder: str) -> None:
    world.hold_standing(holder)
    assert world.submit(world.person("alice")).state is RequestState.PENDING


def test_asking_again_for_what_one_holds_through_protem_is_accepted(world: World) -> None:
    grant = world.approved()
    world.clock.advance(600)
    again = world.approved()
    assert again.assignment_id == grant.assignment_id
    assert len(world.assignments()) == 1


@pytest.mark.parametrize("nothing", ["never applied", "unreadable", "emptied"])
def test_no_policy_means_no(world: World, nothing: str) -> None:
    if nothing == "never applied":
        with world.store.writing() as session:
            session.delete(session.get_one(EntitlementVersion, 1))
    else:
        document: dict[str, Any] = (
            {"entitlements": []} if nothing == "emptied" else {"entitlements": [{"name": 1}]}
        )
        world.apply_document(document, digest=f"sha256:{nothing}")
    refused(world, NotEligible, asking())


def digest(world: World, *targets: tuple[str, str], **values: Any) -> str:
    return world.submit(world.person("alice"), asking(*targets, **values)).digest


def test_the_digest_covers_what_approvers_are_shown(world: World) -> None:
    first = digest(world)
    assert first == digest(world, justification="something else")
    different = {
        digest(world, duration=timedelta(hours=2)),
        digest(world, starts_at=world.clock.now() + HOUR),
        digest(world, (BETA, "AdministratorAccess")),
        digest(world, (ALPHA, "AdministratorAccess"), (BETA, "AdministratorAccess")),
        world.submit(world.person("bob")).digest,
    }
    with world.store.reading() as session:
        permission_set: Table = session.get_one(PermissionSet, arn("AdministratorAccess"))
    world.change(permission_set, policies_digest="sha256:more")
    different.add(digest(world))
    world.apply(TWO.format("admin", "other").replace("alice", "erin"))
    different.add(digest(world))
    assert len(different | {first}) == 8


def test_an_owner_whose_name_no_directory_could_hold_breaks_nothing(world: World) -> None:
    named = POLICY.replace("approvers: {groups: [leads]}", "approvers: {groups: [leads], owner_tag: owner}")
    world.apply("trusted_tags: [owner]\n" + named)
    with world.store.writing() as session:
        # Normalised, each of these is eighteen characters.
        session.get_one(Account, ALPHA).tags = {"owner": "\ufdfa" * 256}
    request = world.submit(world.person("alice"))
    assert world.decide(world.person("carol"), request).state is RequestState.APPROVED
