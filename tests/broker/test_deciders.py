"""Deciding: who may, and who never."""

from typing import Any

import pytest

from protem.broker import policy, questions
from protem.db.models import (
    AuditEvent,
    Request,
)
from protem.domain.approvals import Answer
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    Forbidden,
    NotFound,
    OwnRequest,
    RelayRefused,
    ScopeMissing,
)
from protem.domain.lifecycle import RequestState
from tests.broker.worlds import (
    ADMIN,
    AUDITOR,
    POLICY,
    World,
    asking,
    person_id,
)


def pending(world: World, *targets: tuple[str, str], **values: Any) -> Request:
    return world.submit(world.person("alice"), asking(*targets, **values))


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
    with world.refusing(ScopeMissing):
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
