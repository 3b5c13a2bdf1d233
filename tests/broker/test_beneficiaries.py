"""Asking for somebody else: who may, and who is kept from answering."""

from datetime import timedelta

import pytest

from protem.broker.callers import Caller
from protem.broker.requests import Submission
from protem.db.models import Principal
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    BeneficiaryRefused,
    Locked,
    NoApprovers,
    NotEligible,
    OwnRequest,
    Refusal,
    ScopeMissing,
    StandingAccess,
    UnknownPrincipal,
)
from protem.domain.lifecycle import RequestState
from protem.domain.locks import LockKind
from tests.broker.stops import stop
from tests.broker.worlds import ALPHA, BETA, World, asking, person_id, user_name

POLICY = """
trusted_tags: [owner]
entitlements:
  - name: admin
    requesters: {groups: [engineers, leads]}
    requesters_for: {users: [erin@example.com, carol@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT4H}
    justification: {minimum_length: 5}
    approval:
      through: [slack]
      steps: [{name: owner, approvers: {owner_tag: owner}}]
"""


@pytest.fixture(autouse=True)
def in_force(world: World) -> None:
    world.apply(POLICY)


def refused(world: World, caller: Caller, wish: Submission, kind: type[Refusal]) -> Refusal:
    with world.refusing(kind) as caught:
        world.submit(caller, wish)
    refusal = caught.value
    assert isinstance(refusal, Refusal)
    return refusal


def test_whoever_is_named_asks_for_others(world: World) -> None:
    request = world.submit(world.person("erin"), asking(beneficiary=user_name("alice")))
    assert (request.requester_id, request.beneficiary_id) == (person_id("erin"), person_id("alice"))
    world.decide(world.person("carol"), request)
    (grant,) = world.granted(request)
    assert grant.principal_id == person_id("alice")


def test_asking_for_others_gives_nothing_to_oneself(world: World) -> None:
    refused(world, world.person("erin"), asking(), NotEligible)
    refused(world, world.person("carol"), asking(beneficiary=user_name("erin")), NotEligible)


def test_whoever_is_not_named_asks_for_nobody_else(world: World) -> None:
    refusal = refused(world, world.person("alice"), asking(beneficiary=user_name("bob")), BeneficiaryRefused)
    assert refusal.detail == "no entitlement lets you ask for bob@example.com"


@pytest.mark.parametrize("who", ["carol", "dave"])
def test_neither_requester_nor_beneficiary_answers_as_an_owner(world: World, who: str) -> None:
    world.apply(POLICY.replace("{owner_tag: owner}", "{owner_tag: owner, users: [bob@example.com]}"))
    request = world.submit(world.person("carol"), asking(beneficiary=user_name("dave")))
    for caller in (world.person(who), world.bot(acting=who)):
        with world.refusing(OwnRequest):
            world.decide(caller, request)
    assert world.decide(world.person("bob"), request).state is RequestState.APPROVED


def test_what_only_the_interested_could_approve_is_not_asked(world: World) -> None:
    # Both are the leads who own alpha; dave alone owns beta.
    for account in (ALPHA, BETA):
        wish = asking((account, "AdministratorAccess"), beneficiary=user_name("dave"))
        refused(world, world.person("carol"), wish, NoApprovers)


def test_a_beneficiary_who_has_gone_is_not_mistaken_for_the_requester(world: World) -> None:
    world.remove(Principal, person_id("alice"))
    for named in (user_name("alice"), person_id("alice")):
        refusal = refused(world, world.person("carol"), asking(beneficiary=named), UnknownPrincipal)
        assert [error.field for error in refusal.errors] == ["beneficiary"]


def test_a_service_asks_for_others_only_as_somebody_who_may(world: World) -> None:
    wish = asking(beneficiary=user_name("alice"))
    refused(world, world.bot(), wish, ScopeMissing)
    refused(world, world.bot(acting="bob"), wish, BeneficiaryRefused)
    decider = world.bot(acting="erin", scopes=[Scope.ACT_AS_DECIDE])
    refused(world, decider, wish, ActAsRefused)
    request = world.submit(world.bot(acting="erin"), wish)
    assert request.requester_id == person_id("erin")


def test_what_the_beneficiary_holds_counts(world: World) -> None:
    world.hold_standing("alice")
    refused(world, world.person("erin"), asking(beneficiary=user_name("alice")), StandingAccess)


def test_a_lock_on_either_stops_both(world: World) -> None:
    for who in ("erin", "alice"):
        lock = stop(world, LockKind.PRINCIPAL, person_id(who))
        refused(world, world.person("erin"), asking(beneficiary=user_name("alice")), Locked)
        world.change(lock, lifted_at=world.clock.now(), lifted_by="test")


def test_who_may_not_have_something_is_not_told_that_it_is_locked(world: World) -> None:
    stop(world, LockKind.ACCOUNT, ALPHA)
    refused(world, world.person("erin"), asking(), NotEligible)
    refused(world, world.person("alice"), asking(duration=timedelta(hours=9)), Locked)
