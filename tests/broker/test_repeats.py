"""Asking again: the same, anew, through the same rules."""

from datetime import timedelta
from typing import Any

import pytest

from protem.broker import grants, requests
from protem.broker.callers import Caller
from protem.db.models import Account, Request
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    Forbidden,
    NotFound,
    UnknownAccount,
    UnknownEntitlement,
)
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from tests.broker.test_extensions import EXTENSIBLE, FOR_OTHERS, ask_for_bob, asked_for
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, BETA, POLICY, World, asking, person_id

HOUR = timedelta(hours=1)


def actions(world: World, caller: Caller, request: Request) -> tuple[str, ...]:
    with world.store.reading() as session:
        return requests.actions(session, caller, session.get_one(Request, request.id), now=world.clock.now())


def asked(world: World, **values: Any) -> Request:
    return world.submit(world.person("alice"), asking(**values))


def test_the_same_is_asked_for_anew(world: World) -> None:
    pairs = ((ALPHA, "AdministratorAccess"), (BETA, "AdministratorAccess"))
    before = world.submit(world.person("alice"), asking(*pairs, duration=2 * HOUR, ticket="OPS-1"))
    world.decide(world.person("carol"), before, Answer.DENY)
    again = world.repeat(world.person("alice"), before)
    assert again.id != before.id
    assert again.state is RequestState.PENDING
    for column in ("entitlement", "duration", "justification", "ticket", "requester_id", "beneficiary_id"):
        assert getattr(again, column) == getattr(before, column), column
    assert [target.account_id for target in again.targets] == [ALPHA, BETA]
    assert world.events()[-1] == "request.submitted"


def test_it_is_asked_for_in_full_whatever_was_agreed_to(world: World) -> None:
    before = asked(world, duration=2 * HOUR)
    world.decide(world.person("carol"), before, duration=HOUR)
    assert world.repeat(world.person("alice"), before).duration == 2 * HOUR


def test_a_start_that_has_passed_is_dropped_and_one_ahead_is_kept(world: World) -> None:
    before = asked(world, starts_at=world.clock.now() + HOUR)
    assert world.repeat(world.person("alice"), before).starts_at == before.starts_at
    world.clock.advance(3600)
    assert world.repeat(world.person("alice"), before).starts_at is None


def test_the_rules_of_today_decide(world: World) -> None:
    before, alice = asked(world), world.person("alice")
    world.apply(POLICY.replace("name: admin", "name: operator"))
    with world.refusing(UnknownEntitlement):
        world.repeat(alice, before)
    world.apply(POLICY)
    world.remove(Account, ALPHA)
    with world.refusing(UnknownAccount):
        world.repeat(alice, before)


def test_requester_and_beneficiary_may_ask_again_and_nobody_else(world: World) -> None:
    world.apply(FOR_OTHERS)
    before = world.submit(world.person("carol"), asking(beneficiary="bob@example.com"))
    others = [(world.person("dave"), Forbidden), (world.person("erin"), NotFound)]
    for caller, kind in [*others, (ADMIN, Forbidden), (AUDITOR, Forbidden)]:
        with world.refusing(kind):
            world.repeat(caller, before)
    for name in ("carol", "bob"):
        again = world.repeat(world.person(name), before)
        assert (again.requester_id, again.beneficiary_id) == (person_id(name), person_id("bob"))


def test_a_service_asks_again_with_the_scope_for_asking(world: World) -> None:
    before = asked(world)
    decider = world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(ActAsRefused):
        world.repeat(decider, before)
    assert actions(world, decider, before) == ()
    asker = world.bot(acting="alice", scopes=[Scope.ACT_AS_REQUEST])
    assert world.repeat(asker, before).via_token_id is not None


def test_an_extension_is_not_repeated(world: World) -> None:
    world.apply(EXTENSIBLE)
    grant, alice = world.approved(), world.person("alice")
    extension = asked_for(world, grant)
    world.withdraw(alice, extension)
    with world.refusing(Forbidden):
        world.repeat(alice, extension)
    assert actions(world, alice, extension) == ()


@pytest.mark.parametrize("answer", Answer)
def test_it_is_offered_once_nothing_is_left_of_the_first(world: World, answer: Answer) -> None:
    before, alice, carol = asked(world), world.person("alice"), world.person("carol")
    assert actions(world, alice, before) == ("withdraw",)
    world.decide(carol, before, answer)
    for grant in world.granted(before):
        assert actions(world, alice, before) == ()
        world.revoke(carol, grant)
    assert actions(world, alice, before) == ("repeat",)
    assert actions(world, carol, before) == actions(world, ADMIN, before) == ()


def test_whoever_was_voided_is_told_why_and_that_they_may_ask_again(world: World) -> None:
    grant, alice = world.approved(), world.person("alice")
    void = {"state": GrantState.ENDED, "ended_at": world.clock.now(), "failure_detail": "you left"}
    world.change(grant, **void, end_reason=EndReason.ELIGIBILITY_LOST)
    with world.store.reading() as session:
        found = grants.read(session, alice, grant.id)
        assert grants.actions(session, alice, found, now=world.clock.now()) == ("repeat",)


def test_the_beneficiary_of_what_another_asked_for_may_ask_again(world: World) -> None:
    grant = ask_for_bob(world)
    world.revoke(world.person("bob"), grant)
    with world.store.reading() as session:
        request = session.get_one(Request, grant.request_id)
    assert actions(world, world.person("bob"), request) == ("repeat",)
