"""Deciding: what comes of it, and about what."""

from datetime import timedelta
from typing import Any

import pytest

from protem.db.models import (
    Request,
    Target,
)
from protem.domain.approvals import Answer
from protem.domain.errors import (
    AlreadyDecided,
    DurationOutOfBounds,
    InvalidInput,
    RequestAnswered,
    StaleDigest,
    WideningRefused,
)
from protem.domain.lifecycle import GrantState, RequestState
from tests.broker.worlds import (
    ALPHA,
    BETA,
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
