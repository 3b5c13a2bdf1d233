"""Deciding about what has changed since it was asked for: a newer policy can only take away."""

from datetime import timedelta
from typing import Any

import pytest

from protem.db.models import (
    Account,
    EntitlementVersion,
    PermissionSet,
    Principal,
    Request,
)
from protem.domain.approvals import Answer
from protem.domain.errors import (
    Forbidden,
    NotAnApprover,
    NotEligible,
    NotFound,
    RelayRefused,
)
from protem.domain.lifecycle import RequestState
from tests.broker.worlds import (
    ALPHA,
    POLICY,
    World,
    arn,
    asking,
    person_id,
)


def pending(world: World, *targets: tuple[str, str], **values: Any) -> Request:
    return world.submit(world.person("alice"), asking(*targets, **values))


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
        with world.refusing(Forbidden):
            world.decide(caller, request, answer)


def test_what_a_service_relayed_that_is_trusted_no_more_does_not_count(world: World) -> None:
    two = POLICY.replace("groups: [leads]}", "groups: [leads]}, required: 2")
    world.apply(two)
    request, dave = pending(world), world.person("dave")
    world.decide(world.bot(acting="carol"), request)
    world.apply(two.replace("through: [slack]", "through: [teams]"))
    with world.refusing(NotEligible):
        world.decide(dave, request)


def test_nobody_serves_two_steps_because_a_tag_has_come_to_want_the_second(world: World) -> None:
    steps = "{name: lead, approvers: {groups: [leads]}}"
    more = "{name: other-lead, approvers: {groups: [leads]}, when: {account_tags: {env: prod}}}"
    world.apply("trusted_tags: [env]\n" + POLICY.replace(f"- {steps}", f"- {steps}\n        - {more}"))
    with world.store.writing() as session:
        session.get_one(Account, ALPHA).tags = {"env": "dev"}
    request, carol = pending(world), world.person("carol")
    with world.store.writing() as session:
        session.get_one(Account, ALPHA).tags = {"env": "prod"}
    with world.refusing(NotEligible):
        world.decide(carol, request)
