"""Requests: who sees them, what they may do about them, and taking them back."""

from datetime import timedelta
from typing import Any

import pytest

from protem.broker import requests
from protem.broker.callers import Caller
from protem.broker.pages import Paging
from protem.db.models import Request, new_id
from protem.domain.approvals import Answer
from protem.domain.authority import Relation, Scope
from protem.domain.errors import (
    ActAsRefused,
    Forbidden,
    InvalidInput,
    NotFound,
    RequestAnswered,
    ScopeMissing,
)
from protem.domain.lifecycle import RequestState
from tests.broker.worlds import (
    ADMIN,
    ALPHA,
    AUDITOR,
    BETA,
    POLICY,
    World,
    asking,
    person_id,
    user_name,
)


def listed(world: World, caller: Caller, **filters: Any) -> set[Any]:
    with world.store.reading() as session:
        return {request.id for request in requests.list_(session, caller, **filters).items}


def sees(world: World, caller: Caller, request: Request) -> bool:
    with world.store.reading() as session:
        try:
            found = requests.read(session, caller, request.id)
        except NotFound:
            return False
        return found.id == request.id


def actions(world: World, caller: Caller, request: Request) -> tuple[str, ...]:
    with world.store.reading() as session:
        found = session.get_one(Request, request.id)
        return requests.actions(session, caller, found, now=world.clock.now())


def test_a_request_is_seen_by_its_people_and_by_those_who_watch(world: World) -> None:
    request = world.submit(world.bot("slack", acting="alice"))
    yes = [
        *(world.person(name) for name in ("alice", "carol", "dave")),
        *(world.bot("teams", acting=name) for name in ("alice", "carol")),
        world.bot("slack"),
        ADMIN,
        AUDITOR,
    ]
    no = [
        *(world.person(name) for name in ("bob", "erin")),
        world.bot("teams"),
        world.bot("slack", acting="bob"),
    ]
    for caller, visible in [*((caller, True) for caller in yes), *((caller, False) for caller in no)]:
        assert sees(world, caller, request) == visible, caller.label
        assert (request.id in listed(world, caller)) == visible, caller.label


def test_a_service_sees_what_came_in_through_it_and_no_more(world: World) -> None:
    through, direct = world.submit(world.bot("slack", acting="alice")), world.submit(world.person("alice"))
    assert listed(world, world.bot("slack")) == {through.id}
    assert not sees(world, world.bot("slack"), direct)


def test_a_beneficiary_sees_what_is_for_them(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.change(request, beneficiary_id=person_id("bob"))
    assert sees(world, world.person("bob"), request)
    assert listed(world, world.person("bob"), relation=Relation.BENEFICIARY) == {request.id}
    assert listed(world, world.person("alice"), relation=Relation.BENEFICIARY) == set()


def test_the_remembered_version_says_who_sees_as_approver(world: World) -> None:
    before = world.submit(world.person("alice"))
    world.apply(POLICY.replace("groups: [leads]", "users: [erin@example.com]"))
    after = world.submit(world.person("alice"))
    assert listed(world, world.person("carol")) == {before.id}
    assert listed(world, world.person("erin")) == {after.id}
    assert sees(world, world.person("carol"), before)
    assert not sees(world, world.person("carol"), after)


def test_what_is_not_there_looks_like_what_is_not_yours(world: World) -> None:
    request = world.submit(world.person("alice"))
    said = set()
    for identifier in (request.id, new_id()):
        with world.store.reading() as session, pytest.raises(NotFound) as caught:
            requests.read(session, world.person("erin"), identifier)
        said.add(caught.value.detail)
    assert len(said) == 1


def test_lists_are_narrowed_by_what_is_asked_for(world: World) -> None:
    one = world.submit(world.person("alice"))
    two = world.submit(world.person("bob"), asking((BETA, "AdministratorAccess")))
    three = world.submit(world.person("alice"), asking((BETA, "ReadOnlyAccess")))
    world.withdraw(world.person("bob"), two)
    expected: list[tuple[dict[str, Any], set[Request]]] = [
        ({}, {one, two, three}),
        ({"state": RequestState.PENDING}, {one}),
        ({"state": RequestState.APPROVED}, {three}),
        ({"entitlement": "read"}, {three}),
        ({"entitlement": "admin", "state": RequestState.WITHDRAWN}, {two}),
        ({"requester": "ALICE@example.com"}, {one, three}),
        ({"requester": person_id("bob")}, {two}),
        ({"beneficiary": user_name("bob")}, {two}),
        ({"beneficiary": "nobody"}, set()),
        ({"account": BETA}, {two, three}),
        ({"account": ALPHA, "requester": user_name("bob")}, set()),
        ({"account": "\x00"}, set()),
        ({"entitlement": "\x00"}, set()),
        ({"requester": "\x00"}, set()),
        ({"relation": Relation.APPROVER}, set()),
    ]
    for filters, wanted in expected:
        assert listed(world, AUDITOR, **filters) == {request.id for request in wanted}, filters


def test_a_list_is_narrowed_by_how_one_stands_to_it(world: World) -> None:
    world.apply(POLICY.replace("groups: [leads]", "groups: [leads, engineers]"))
    own, other = world.submit(world.person("alice")), world.submit(world.person("bob"))
    alice = world.person("alice")
    assert listed(world, alice) == {own.id, other.id}
    assert listed(world, alice, relation=Relation.REQUESTER) == {own.id}
    assert listed(world, alice, relation=Relation.APPROVER) == {own.id, other.id}
    with world.store.reading() as session, pytest.raises(InvalidInput):
        requests.list_(session, alice, relation=Relation.ADMIN)


def test_pages_come_newest_first_without_gaps_or_repeats(world: World) -> None:
    made = [world.submit(world.person("alice")).id for _ in range(5)]
    seen, cursor = [], None
    for _ in range(3):
        with world.store.reading() as session:
            page = requests.list_(session, world.person("alice"), paging=Paging(limit=2, cursor=cursor))
        seen += [request.id for request in page.items]
        cursor = page.next_cursor
        world.submit(world.person("alice"))  # what is new does not shift what is old
    assert seen == made[::-1]
    assert cursor is None


def test_what_one_may_do_is_said(world: World) -> None:
    request = world.submit(world.person("alice"))
    expected = {
        "alice": ("withdraw",),
        "carol": ("approve", "deny"),
        "bob": (),
        "erin": (),
    }
    assert {name: actions(world, world.person(name), request) for name in expected} == expected
    assert actions(world, ADMIN, request) == ()
    assert actions(world, world.bot(), request) == ()


def test_what_a_service_may_do_depends_on_its_scope_and_on_trust(world: World) -> None:
    request = world.submit(world.person("alice"))
    asks, decides = [Scope.ACT_AS_REQUEST], [Scope.ACT_AS_DECIDE]
    assert actions(world, world.bot(acting="alice", scopes=asks), request) == ("withdraw",)
    assert actions(world, world.bot(acting="alice", scopes=decides), request) == ()
    assert actions(world, world.bot(acting="carol", scopes=asks), request) == ()
    assert actions(world, world.bot(acting="carol", scopes=decides), request) == ("approve", "deny")
    assert actions(world, world.bot("teams", acting="carol"), request) == ()


def test_what_is_answered_can_only_be_asked_again(world: World) -> None:
    request, lapsed = world.submit(world.person("alice")), world.submit(world.person("alice"))
    world.decide(world.person("dave"), request, Answer.DENY)
    world.clock.advance(24 * 3600)
    for one in (request, lapsed):
        assert actions(world, world.person("carol"), one) == ()
        assert actions(world, world.person("alice"), one) == ("repeat",)


def test_who_has_decided_may_do_no_more(world: World) -> None:
    world.apply(POLICY.replace("groups: [leads]}", "groups: [leads]}, required: 2"))
    request = world.submit(world.person("alice"))
    world.decide(world.person("carol"), request)
    assert actions(world, world.person("carol"), request) == ()
    assert actions(world, world.person("dave"), request) == ("approve", "deny")


def test_a_request_is_taken_back(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.clock.advance(1)
    withdrawn = world.withdraw(world.person("alice"), request)
    assert (withdrawn.state, withdrawn.answered_at) == (RequestState.WITHDRAWN, world.clock.now())
    assert world.events() == ["request.submitted", "request.withdrawn"]


def test_a_beneficiary_takes_back_what_was_asked_for_them(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.change(request, beneficiary_id=person_id("bob"))
    assert world.withdraw(world.person("bob"), request).state is RequestState.WITHDRAWN


def test_taking_back_needs_no_policy(world: World) -> None:
    request = world.submit(world.person("alice"))
    world.apply("entitlements: []")
    world.leave("alice", group="engineers")
    assert world.withdraw(world.person("alice"), request).state is RequestState.WITHDRAWN


def test_a_request_is_taken_back_once(world: World) -> None:
    alice = world.person("alice")
    request = world.submit(alice)
    world.withdraw(alice, request)
    with world.refusing(RequestAnswered) as caught:
        world.withdraw(alice, request)
    assert caught.value.facts == {"state": "withdrawn"}


def test_what_has_lapsed_cannot_be_taken_back(world: World) -> None:
    alice = world.person("alice")
    request = world.submit(alice)
    world.clock.advance(24 * 3600)
    with world.refusing(RequestAnswered) as caught:
        world.withdraw(alice, request)
    assert caught.value.facts == {"state": "expired"}


def test_others_take_nothing_back(world: World) -> None:
    request = world.submit(world.bot(acting="alice"))
    for caller in (world.person("carol"), ADMIN, AUDITOR):
        with world.refusing(Forbidden):
            world.withdraw(caller, request)
    with world.refusing(ScopeMissing):
        world.withdraw(world.bot(), request)
    stranger, bot = world.person("bob"), world.bot(acting="alice", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(NotFound):
        world.withdraw(stranger, request)
    with world.refusing(ActAsRefused):
        world.withdraw(bot, request)


def test_a_lapsed_request_shows_it_before_it_is_written_down(world: World) -> None:
    request = world.submit(world.person("alice"))
    assert requests.state_at(request, world.clock.now()) is RequestState.PENDING
    assert requests.state_at(request, world.clock.now() + timedelta(hours=24)) is RequestState.EXPIRED
