"""The same asked for twice at once: the same key once, within a limit as often as that allows, else each."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from protem.broker import documents, entitlements, idempotency, requests, reviews
from protem.broker.callers import Caller
from protem.broker.entitlements import Applied
from protem.db.models import EntitlementVersion, Grant, Request, Review
from protem.domain.errors import RequestAnswered, ReviewOpen, TooManyGrants, VersionMoved
from protem.domain.lifecycle import RequestState
from tests.broker.racing import FEW, ROUNDS, News, at_once, refusals
from tests.broker.worlds import ADMIN, ALPHA, BETA, BOUNDS, POLICY, World, asking

LIMITED = POLICY.replace("maximum: PT4H}", "maximum: PT4H}\n    maximum_concurrent: 1")
GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {groups: [leads]}
"""
READING = asking((ALPHA, "ReadOnlyAccess"))
READING_ELSEWHERE = asking((BETA, "ReadOnlyAccess"))
FIRE = asking(entitlement="glass", justification="production burns")


def count(world: World, table: type[Any]) -> int:
    with world.store.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def send(world: World, caller: Caller, key: str) -> str:
    """Ask for something as the API does for a request with an Idempotency-Key."""
    with world.store.writing() as session:
        place = idempotency.Place(caller=caller.key, route="POST /v1/requests", key=key)
        first = idempotency.recall(
            session, place, body={"a": 1}, retention=timedelta(hours=24), now=world.clock.now()
        )
        if first is not None:
            return str(first.body["id"])
        request = requests.submit(session, caller, asking(), bounds=BOUNDS, now=world.clock.now())
        answer = {"id": str(request.id)}
        idempotency.remember(session, place, idempotency.Answer(201, answer))
        return answer["id"]


def test_one_key_has_one_effect(world: World, rivals: list[World]) -> None:
    alice, news = world.person("alice"), News(world)
    for number in ROUNDS:
        results = at_once(*(partial(send, one, alice, f"k-{number}") for one in rivals))
        assert len(set(results)) == 1
        assert news.told() == ["request.submitted"]
        assert count(world, Request) == number + 1


def test_without_a_key_each_is_a_question_of_its_own(world: World, rivals: list[World]) -> None:
    alice, news = world.person("alice"), News(world)
    for number in FEW:
        results = at_once(partial(rivals[0].submit, alice), partial(rivals[1].submit, alice))
        assert refusals(results) == []
        assert news.told() == ["request.submitted"] * 2
        assert count(world, Request) == 2 * (number + 1)


@pytest.mark.parametrize("other", [READING, READING_ELSEWHERE], ids=["the-same", "elsewhere"])
def test_of_two_who_may_have_one_grant_at_a_time_one_gets_it(
    world: World, rivals: list[World], other: Any
) -> None:
    world.apply(LIMITED)
    alice, news = world.person("alice"), News(world)
    for number in ROUNDS:
        results = at_once(partial(rivals[0].submit, alice, READING), partial(rivals[1].submit, alice, other))
        assert [type(refusal) for refusal in refusals(results)] == [TooManyGrants]
        assert news.told() == ["grant.created", "request.approved", "request.submitted"]
        (won,) = (result for result in results if isinstance(result, Request))
        assert count(world, Grant) == count(world, Request) == number + 1
        world.revoke(alice, world.granted(won)[0])
        news.told()


def test_of_two_approvals_for_one_who_may_have_one_grant_one_counts(
    world: World, rivals: list[World]
) -> None:
    world.apply(LIMITED)
    alice, carol, dave = map(world.person, ("alice", "carol", "dave"))
    for _ in ROUNDS:
        one, two = world.submit(alice), world.submit(alice)
        results = at_once(partial(rivals[0].decide, carol, one), partial(rivals[1].decide, dave, two))
        assert len(refusals(results)) == 1
        granted = [*world.granted(one), *world.granted(two)]
        assert len(granted) == 1
        states = {world.request(one).state, world.request(two).state}
        assert states == {RequestState.APPROVED, RequestState.PENDING}
        world.revoke(alice, granted[0])
        world.withdraw(alice, one if world.request(one).state is RequestState.PENDING else two)


def test_submitting_and_approving_share_the_one_grant_that_is_allowed(
    world: World, rivals: list[World]
) -> None:
    # The same entitlement gives without approval what is short, so that both come about at once.
    short = "steps:\n        - {name: lead, when: {duration_over: PT1H}"
    world.apply(LIMITED.replace("steps:\n        - {name: lead", short))
    alice, carol = world.person("alice"), world.person("carol")
    for _ in ROUNDS:
        waiting = world.submit(alice, asking(duration=2 * BOUNDS.minimum_duration * 60))
        results = at_once(partial(rivals[0].decide, carol, waiting), partial(rivals[1].submit, alice))
        assert len(refusals(results)) == 1
        with world.store.reading() as session:
            (live,) = session.scalars(select(Grant).where(Grant.revoked_at.is_(None)))
        world.revoke(alice, live)
        if world.request(waiting).state is RequestState.PENDING:
            world.withdraw(alice, waiting)


def close(world: World, caller: Caller, review: Review) -> Review:
    with world.store.writing() as session:
        return reviews.close(session, caller, review.id, comment="it did burn", now=world.clock.now())


def test_closing_a_review_and_breaking_glass_have_one_order(world: World, rivals: list[World]) -> None:
    world.apply(POLICY + GLASS)
    alice, carol = world.person("alice"), world.person("carol")
    world.submit(alice, FIRE)
    for _ in ROUNDS:
        with world.store.reading() as session:
            (review,) = session.scalars(select(Review).where(Review.closed_at.is_(None)))
        closed, again = at_once(
            partial(close, rivals[0], carol, review), partial(rivals[1].submit, alice, FIRE)
        )
        assert refusals([closed]) == []
        with world.store.reading() as session:
            waiting = session.scalars(select(Review.id).where(Review.closed_at.is_(None))).all()
        assert len(waiting) == (0 if isinstance(again, ReviewOpen) else 1)
        if not waiting:
            world.submit(alice, FIRE)


def apply(world: World, source: str) -> Applied:
    """Plan and apply, as a client does between two looks."""
    now = world.clock.now()
    with world.store.reading() as session:
        document = documents.parse(source, file="entitlements.yaml")
        planned = entitlements.plan(session, ADMIN, document, now=now)
    with world.store.writing() as session:
        base = planned.base_version
        return entitlements.apply(session, ADMIN, planned, base_version=base, now=now)


def test_of_two_who_apply_at_once_both_know_what_is_in_force(world: World, rivals: list[World]) -> None:
    news = News(world)
    for number in ROUNDS:
        before = count(world, EntitlementVersion)
        sources = (
            POLICY.replace("maximum: PT4H", f"maximum: PT{5 + which + 2 * number}H") for which in (0, 1)
        )
        results = at_once(*(partial(apply, *case) for case in zip(rivals, sources, strict=False)))
        lost = refusals(results)
        # Whoever planned after the other had applied has planned against that, and replaces it knowingly.
        assert [type(refusal) for refusal in lost] in ([VersionMoved], [])
        assert count(world, EntitlementVersion) == before + 2 - len(lost)
        assert news.told() == ["entitlements.applied"] * (2 - len(lost))
        with world.store.reading() as session:
            versions = session.scalars(select(EntitlementVersion.version)).all()
        assert sorted(versions) == list(range(1, len(versions) + 1))


def test_of_two_who_apply_the_same_plan_one_does(world: World, rivals: list[World]) -> None:
    now, news = world.clock.now(), News(world)
    for number in ROUNDS:
        source = POLICY.replace("maximum: PT4H", f"maximum: PT{5 + number}H")
        with world.store.reading() as session:
            document = documents.parse(source, file="entitlements.yaml")
            planned = entitlements.plan(session, ADMIN, document, now=now)

        def put(there: World, planned: Any = planned) -> Applied:
            with there.store.writing() as session:
                base = planned.base_version
                return entitlements.apply(session, ADMIN, planned, base_version=base, now=now)

        results = at_once(*(partial(put, one) for one in rivals))
        assert [type(refusal) for refusal in refusals(results)] == [VersionMoved] * 3
        assert news.told() == ["entitlements.applied"]


def test_what_was_answered_is_not_withdrawn_by_somebody_who_asks_again(
    world: World, rivals: list[World]
) -> None:
    alice, carol = world.person("alice"), world.person("carol")
    for _ in FEW:
        request = world.submit(alice)
        decided, withdrawn, again = at_once(
            partial(rivals[0].decide, carol, request),
            partial(rivals[1].withdraw, alice, request),
            partial(rivals[2].submit, alice),
        )
        assert [type(one) for one in refusals([decided, withdrawn])] == [RequestAnswered]
        assert refusals([again]) == []
        assert world.request(again).state is RequestState.PENDING
