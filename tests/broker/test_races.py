"""Two who act at once, on connections of their own: one wins, the other is told, nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from protem.broker import expiry, idempotency, requests, tokens
from protem.db.models import Grant, TokenRole
from protem.domain.approvals import Answer
from protem.domain.errors import AlreadyDecided, AlreadyRevoked, InvalidInput, Refusal, RequestAnswered
from protem.domain.lifecycle import RequestState
from tests.broker.worlds import ADMIN, ALPHA, BETA, BOUNDS, POLICY, World, asking

ROUNDS = range(5)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Let everybody act at the same moment; return what each got, refusals included."""
    barrier = Barrier(len(acts))

    def act(command: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return command()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def refusals(results: list[Any]) -> list[Refusal]:
    return [result for result in results if isinstance(result, Refusal)]


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_approvals_make_one_grant(world: World, round_: int) -> None:
    request = world.submit(world.person("alice"))
    carol, dave = world.person("carol"), world.person("dave")
    results = at_once(partial(world.decide, carol, request), partial(world.decide, dave, request))
    (lost,) = refusals(results)
    assert isinstance(lost, RequestAnswered)
    assert lost.facts == {"state": "approved"}
    assert len(world.granted(request)) == 1
    assert world.events().count("request.approved") == 1
    assert world.events().count("decision.recorded") == 1


def test_both_of_two_needed_approvals_count(world: World) -> None:
    world.apply(POLICY.replace("groups: [leads]}", "groups: [leads]}, required: 2"))
    carol, dave = world.person("carol"), world.person("dave")
    for _ in ROUNDS:
        request = world.submit(world.person("alice"))
        results = at_once(
            partial(world.decide, carol, request),
            partial(world.decide, dave, request),
        )
        assert refusals(results) == []
        assert world.request(request).state is RequestState.APPROVED
        assert len(world.granted(request)) == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_approving_and_withdrawing_have_one_winner(world: World, round_: int) -> None:
    alice, carol = world.person("alice"), world.person("carol")
    request = world.submit(alice)
    results = at_once(partial(world.decide, carol, request), partial(world.withdraw, alice, request))
    (lost,) = refusals(results)
    state = world.request(request).state
    assert lost.facts == {"state": state.value}
    assert len(world.granted(request)) == (state is RequestState.APPROVED)
    answers = {"request.approved", "request.withdrawn"}
    assert [event for event in world.events() if event in answers] == [f"request.{state}"]


@pytest.mark.parametrize("round_", ROUNDS)
def test_approving_and_denying_have_one_winner(world: World, round_: int) -> None:
    carol, dave = world.person("carol"), world.person("dave")
    request = world.submit(world.person("alice"))
    results = at_once(
        partial(world.decide, carol, request), partial(world.decide, dave, request, Answer.DENY)
    )
    assert len(refusals(results)) == 1
    state = world.request(request).state
    assert len(world.granted(request)) == (state is RequestState.APPROVED)


def test_one_person_on_two_screens_decides_once(world: World) -> None:
    world.apply(POLICY.replace("groups: [leads]}", "groups: [leads]}, required: 2"))
    carol, request = world.person("carol"), world.submit(world.person("alice"))
    results = at_once(*[partial(world.decide, carol, request)] * 3)
    assert [type(refusal) for refusal in refusals(results)] == [AlreadyDecided, AlreadyDecided]
    assert len(world.request(request).decisions) == 1


def test_a_grant_is_revoked_once(world: World) -> None:
    for _ in ROUNDS:
        grant = world.approved()
        alice, carol = world.person("alice"), world.person("carol")
        before = world.assignments()[0].version
        results = at_once(
            partial(world.revoke, alice, grant),
            partial(world.revoke, carol, grant),
            partial(world.revoke, ADMIN, grant),
        )
        assert [type(refusal) for refusal in refusals(results)] == [AlreadyRevoked] * 2
        (won,) = (result for result in results if isinstance(result, Grant))
        with world.store.reading() as session:
            assert session.get_one(Grant, grant.id).revoked_by == won.revoked_by
        assert world.assignments()[0].version == before + 1
    assert world.events().count("grant.revoked") == len(ROUNDS)


def test_approvals_that_share_assignments_do_not_wait_for_each_other_in_a_circle(world: World) -> None:
    carol, dave = world.person("carol"), world.person("dave")
    there = [(ALPHA, "AdministratorAccess"), (BETA, "AdministratorAccess")]
    back = there[::-1]
    for _ in ROUNDS:
        one = world.submit(world.person("alice"), asking(*there))
        two = world.submit(world.person("alice"), asking(*back))
        results = at_once(
            partial(world.decide, carol, one),
            partial(world.decide, dave, two),
        )
        assert refusals(results) == []
    rows = world.assignments()
    assert len(rows) == 2
    assert {row.version for row in rows} == {1 + 2 * len(ROUNDS)}


def test_expiry_and_an_approval_have_one_winner(world: World) -> None:
    carol = world.person("carol")
    later = world.clock.now() + timedelta(hours=24)

    def expire() -> int:
        with world.store.writing() as session:
            return expiry.expire_due(session, now=later)

    for _ in ROUNDS:
        request = world.submit(world.person("alice"))
        at_once(partial(world.decide, carol, request), expire)
        state = world.request(request).state
        assert state in {RequestState.APPROVED, RequestState.EXPIRED}
        assert len(world.granted(request)) == (state is RequestState.APPROVED)
    answers = [event for event in world.events() if event in {"request.approved", "request.expired"}]
    assert len(answers) == len(ROUNDS)


def test_one_key_has_one_effect(world: World) -> None:
    alice = world.person("alice")

    def send() -> Any:
        with world.store.writing() as session:
            place = {"route": "POST /v1/requests", "key": "k-1"}
            first = idempotency.recall(session, alice, body={"a": 1}, now=world.clock.now(), **place)
            if first is not None:
                return first.body["id"]
            request = requests.submit(session, alice, asking(), bounds=BOUNDS, now=world.clock.now())
            answer = {"id": str(request.id)}
            idempotency.remember(session, alice, status=201, answer=answer, **place)
            return answer["id"]

    assert len(set(at_once(*[send] * 4))) == 1
    assert world.events() == ["request.submitted"]


def test_one_name_goes_to_one_service(world: World) -> None:
    def create() -> tokens.Issued:
        with world.store.writing() as session:
            now = world.clock.now()
            return tokens.create(session, ADMIN, name="teams", role=TokenRole.SERVICE, now=now)

    results = at_once(create, create, create)
    assert [type(refusal) for refusal in refusals(results)] == [InvalidInput, InvalidInput]
    assert world.events() == ["token.created"]
