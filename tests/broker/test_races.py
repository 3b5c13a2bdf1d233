"""Two who answer at once, on connections of their own: one wins, the other is told, nothing is done twice."""

from datetime import timedelta
from functools import partial

from protem.broker import expiry, tokens
from protem.broker.issuing import Issued
from protem.broker.token_terms import Wish
from protem.db.models import Grant, Request, TokenRole
from protem.domain.approvals import Answer
from protem.domain.errors import AlreadyDecided, AlreadyRevoked, InvalidInput, RequestAnswered
from protem.domain.lifecycle import RequestState
from tests.broker.racing import FEW, ROUNDS, News, at_once, refusals
from tests.broker.worlds import ADMIN, ALPHA, BETA, POLICY, World, asking

TWO_LEADS = POLICY.replace("groups: [leads]}", "groups: [leads]}, required: 2")
GIVEN = ["decision.recorded", "grant.created", "request.approved"]


def given(world: World, request: Request) -> int:
    """Return how many grants there are, which agree with the state of the request."""
    found = len(world.granted(request))
    assert found == (world.request(request).state is RequestState.APPROVED)
    return found


def test_two_approvals_make_one_grant(world: World, rivals: list[World]) -> None:
    alice, carol, dave, news = *map(world.person, ("alice", "carol", "dave")), News(world)
    for _ in ROUNDS:
        request = world.submit(alice)
        results = at_once(partial(rivals[0].decide, carol, request), partial(rivals[1].decide, dave, request))
        (lost,) = refusals(results)
        assert isinstance(lost, RequestAnswered)
        assert lost.facts == {"state": "approved"}
        assert given(world, request) == 1
        assert len(world.request(request).decisions) == 1
        assert news.told() == [*GIVEN, "request.submitted"]


def test_both_of_two_needed_approvals_count(world: World, rivals: list[World]) -> None:
    world.apply(TWO_LEADS)
    alice, carol, dave, news = *map(world.person, ("alice", "carol", "dave")), News(world)
    for _ in FEW:
        request = world.submit(alice)
        results = at_once(partial(rivals[0].decide, carol, request), partial(rivals[1].decide, dave, request))
        assert refusals(results) == []
        assert given(world, request) == 1
        assert len(world.request(request).decisions) == 2
        assert news.told() == ["decision.recorded", *GIVEN, "request.submitted"]


def test_approving_and_withdrawing_have_one_winner(world: World, rivals: list[World]) -> None:
    alice, carol, news = world.person("alice"), world.person("carol"), News(world)
    for _ in ROUNDS:
        request = world.submit(alice)
        results = at_once(
            partial(rivals[0].decide, carol, request), partial(rivals[1].withdraw, alice, request)
        )
        (lost,) = refusals(results)
        assert isinstance(lost, RequestAnswered)
        assert lost.facts == {"state": world.request(request).state.value}
        told = GIVEN if given(world, request) else ["request.withdrawn"]
        assert news.told() == sorted([*told, "request.submitted"])


def test_approving_and_denying_have_one_winner(world: World, rivals: list[World]) -> None:
    alice, carol, dave, news = *map(world.person, ("alice", "carol", "dave")), News(world)
    for _ in ROUNDS:
        request = world.submit(alice)
        results = at_once(
            partial(rivals[0].decide, carol, request), partial(rivals[1].decide, dave, request, Answer.DENY)
        )
        (lost,) = refusals(results)
        assert lost.facts == {"state": world.request(request).state.value}
        told = GIVEN if given(world, request) else ["decision.recorded", "request.denied"]
        assert news.told() == sorted([*told, "request.submitted"])


def test_one_person_on_two_screens_decides_once(world: World, rivals: list[World]) -> None:
    world.apply(TWO_LEADS)
    alice, carol = world.person("alice"), world.person("carol")
    for _ in FEW:
        request = world.submit(alice)
        results = at_once(*(partial(one.decide, carol, request) for one in rivals))
        assert [type(refusal) for refusal in refusals(results)] == [AlreadyDecided] * 3
        assert len(world.request(request).decisions) == 1
        assert given(world, request) == 0


def test_expiry_and_an_approval_have_one_winner(world: World, rivals: list[World]) -> None:
    alice, carol, news = world.person("alice"), world.person("carol"), News(world)
    later = world.clock.now() + timedelta(hours=24)

    def expire() -> int:
        with rivals[1].store.writing() as session:
            return expiry.expire_due(session, now=later)

    for _ in ROUNDS:
        request = world.submit(alice)
        results = at_once(partial(rivals[0].decide, carol, request), expire)
        if given(world, request):
            assert results[1] == 0
            assert news.told() == [*GIVEN, "request.submitted"]
        else:
            (lost,) = refusals(results)
            assert lost.facts == {"state": "expired"}
            assert news.told() == ["request.expired", "request.submitted"]


def test_withdrawing_and_expiry_have_one_winner(world: World, rivals: list[World]) -> None:
    alice, news = world.person("alice"), News(world)
    later = world.clock.now() + timedelta(hours=24)

    def expire() -> int:
        with rivals[1].store.writing() as session:
            return expiry.expire_due(session, now=later)

    for _ in ROUNDS:
        request = world.submit(alice)
        withdrawn, expired = at_once(partial(rivals[0].withdraw, alice, request), expire)
        assert len(refusals([withdrawn])) == expired
        assert news.told() == sorted([f"request.{world.request(request).state}", "request.submitted"])


def test_a_grant_is_revoked_once(world: World, rivals: list[World]) -> None:
    alice, carol, news = world.person("alice"), world.person("carol"), News(world)
    for _ in ROUNDS:
        grant = world.approved()
        news.told()
        before = world.assignments()[0].version
        results = at_once(
            partial(rivals[0].revoke, alice, grant),
            partial(rivals[1].revoke, carol, grant),
            partial(rivals[2].revoke, ADMIN, grant),
        )
        assert [type(refusal) for refusal in refusals(results)] == [AlreadyRevoked] * 2
        (won,) = (result for result in results if isinstance(result, Grant))
        assert world.grant(grant).revoked_by == won.revoked_by
        assert world.assignments()[0].version == before + 1
        assert news.told() == ["grant.revoked"]


def test_approvals_that_share_assignments_do_not_wait_for_each_other_in_a_circle(
    world: World, rivals: list[World]
) -> None:
    alice, carol, dave = map(world.person, ("alice", "carol", "dave"))
    there = [(ALPHA, "AdministratorAccess"), (BETA, "AdministratorAccess")]
    back = there[::-1]
    for _ in FEW:
        one = world.submit(alice, asking(*there))
        two = world.submit(alice, asking(*back))
        results = at_once(partial(rivals[0].decide, carol, one), partial(rivals[1].decide, dave, two))
        assert refusals(results) == []
    rows = world.assignments()
    assert len(rows) == 2
    assert {row.version for row in rows} == {1 + 2 * len(FEW)}


def test_one_name_goes_to_one_service(world: World, rivals: list[World]) -> None:
    news = News(world)

    def create(there: World, name: str) -> Issued:
        with there.store.writing() as session:
            return tokens.create(
                session, ADMIN, Wish(name=name, role=TokenRole.SERVICE), now=there.clock.now()
            )

    for number in FEW:
        results = at_once(*(partial(create, one, f"teams-{number}") for one in rivals))
        assert [type(refusal) for refusal in refusals(results)] == [InvalidInput] * 3
        assert news.told() == ["token.created"]
