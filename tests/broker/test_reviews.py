"""Broken glass: given at once, told to everybody named, and looked at before it is broken again."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from protem.broker import reviews
from protem.broker.callers import Caller
from protem.db.models import AuditEvent, Request, Review
from protem.domain.authority import Scope
from protem.domain.errors import (
    ActAsRefused,
    Forbidden,
    InvalidInput,
    NotFound,
    OwnRequest,
    RelayRefused,
    ReviewClosed,
    ReviewOpen,
    ScopeMissing,
)
from protem.domain.lifecycle import EndReason, RequestState
from tests.broker.racing import ROUNDS, News, at_once, refusals
from tests.broker.worlds import ADMIN, ALPHA, AUDITOR, BETA, POLICY, World, asking, person_id, user_name

GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    requesters_for: {users: [erin@example.com]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    extension: {maximum_count: 3, maximum: PT1H}
    break_glass: true
    notify: {groups: [security], users: [carol@example.com, alice@example.com]}
"""
FIRE = asking(entitlement="glass", justification="production burns")


@pytest.fixture
def world(world: World) -> World:
    """The usual world, with glass that engineers may break; carol and security look at it."""
    world.apply(POLICY + GLASS)
    return world


def broken(world: World, *, by: str = "alice", **asked: Any) -> Request:
    return world.submit(world.person(by), asking(entitlement="glass", justification="it burns", **asked))


def review_of(world: World, request: Request) -> Review:
    with world.store.reading() as session:
        return session.scalars(select(Review).where(Review.request_id == request.id)).one()


def close(world: World, caller: Caller, review: Review, *, comment: str = "it did burn") -> Review:
    with world.store.writing() as session:
        return reviews.close(session, caller, review.id, comment=comment, now=world.clock.now())


def listed(world: World, caller: Caller, **filters: Any) -> list[Any]:
    with world.store.reading() as session:
        return [review.id for review in reviews.list_(session, caller, **filters).items]


def actions(world: World, caller: Caller, review: Review) -> tuple[str, ...]:
    with world.store.reading() as session:
        return reviews.actions(session, caller, session.get_one(Review, review.id))


def facts(world: World, event: str) -> dict[str, Any]:
    with world.store.reading() as session:
        return session.scalars(select(AuditEvent).where(AuditEvent.type == event)).one().facts


def test_access_begins_at_once_and_a_review_is_opened(world: World) -> None:
    request = broken(world)
    assert request.state is RequestState.APPROVED
    assert len(world.granted(request)) == 1
    review = review_of(world, request)
    assert (review.principal_id, review.closed_at) == (person_id("alice"), None)
    assert world.events() == ["request.submitted", "request.approved", "grant.created", "review.opened"]


def test_the_record_says_whom_to_tell_and_why(world: World) -> None:
    request = broken(world, ticket="OPS-1")
    assert facts(world, "review.opened") == {
        "review_id": str(review_of(world, request).id),
        "reason": "it burns",
        "ticket": "OPS-1",
        "notify": {"users": ["alice@example.com", "carol@example.com"], "groups": ["security"]},
        "people": [user_name(name) for name in ("alice", "carol", "dave")],
    }


def test_other_access_that_nobody_approves_is_not_reviewed(world: World) -> None:
    world.submit(world.person("alice"), asking((ALPHA, "ReadOnlyAccess")))
    assert listed(world, ADMIN) == []


def test_nobody_breaks_glass_again_before_somebody_has_looked(world: World) -> None:
    request = broken(world)
    alice = world.person("alice")
    with world.refusing(ReviewOpen):
        world.submit(alice, FIRE)
    broken(world, by="bob")
    close(world, world.person("carol"), review_of(world, request))
    assert broken(world).state is RequestState.APPROVED


def test_glass_broken_for_somebody_is_theirs_to_answer_for(world: World) -> None:
    request = broken(world, by="erin", beneficiary="bob@example.com")
    assert review_of(world, request).principal_id == person_id("bob")
    bob = world.person("bob")
    with world.refusing(ReviewOpen):
        world.submit(bob, FIRE)


def test_glass_is_broken_once_however_many_hands_are_at_it(world: World, rivals: list[World]) -> None:
    alice = world.person("alice")
    for _ in ROUNDS:
        results = at_once(*(partial(rival.submit, alice, FIRE) for rival in rivals[:3]))
        assert [type(refusal) for refusal in refusals(results)] == [ReviewOpen, ReviewOpen]
        (waiting,) = listed(world, ADMIN, still_open=True)
        with world.store.writing() as session:
            reviews.close(session, ADMIN, waiting, comment="seen", now=world.clock.now())


def test_a_review_is_seen_by_the_people_of_its_request(world: World) -> None:
    review = review_of(world, broken(world))
    for name, visible in {"alice": True, "carol": True, "dave": True, "bob": False, "erin": False}.items():
        assert (listed(world, world.person(name)) == [review.id]) == visible, name
    assert listed(world, ADMIN) == listed(world, AUDITOR) == [review.id]
    with world.store.reading() as session, pytest.raises(NotFound):
        reviews.read(session, world.person("bob"), review.id)


def test_lists_are_narrowed_to_the_open_ones_and_to_somebody(world: World) -> None:
    first = review_of(world, broken(world))
    close(world, world.person("carol"), first)
    second = review_of(world, broken(world, by="bob"))
    assert listed(world, ADMIN, still_open=True) == [second.id]
    assert listed(world, ADMIN, still_open=False) == [first.id]
    assert listed(world, ADMIN, principal="bob@example.com") == [second.id]
    assert listed(world, ADMIN) == [second.id, first.id]


def test_a_reviewer_closes_it_with_what_they_found(world: World) -> None:
    request = broken(world)
    world.clock.advance(60)
    closed = close(world, world.person("dave"), review_of(world, request))
    assert (closed.closed_at, closed.closed_by) == (world.clock.now(), "user:dave@example.com")
    assert closed.comment == "it did burn"
    assert facts(world, "review.closed") == {"review_id": str(closed.id), "comment": "it did burn"}


def test_an_admin_may_close_it(world: World) -> None:
    assert close(world, ADMIN, review_of(world, broken(world))).closed_by == "admin:root"


def test_whoever_broke_the_glass_does_not_review_it_though_they_are_named(world: World) -> None:
    review = review_of(world, broken(world))
    for caller in (world.person("alice"), world.bot(acting="alice")):
        with world.refusing(OwnRequest):
            close(world, caller, review)
        assert actions(world, caller, review) == ()


def test_whoever_had_it_broken_does_not_review_it(world: World) -> None:
    review = review_of(world, broken(world, by="erin", beneficiary="bob@example.com"))
    for name in ("erin", "bob"):
        caller = world.person(name)
        with world.refusing(OwnRequest):
            close(world, caller, review)


def test_nobody_else_closes_it(world: World) -> None:
    review = review_of(world, world.submit(world.bot("slack", acting="alice"), FIRE))
    stranger, service = world.person("bob"), world.bot("slack")
    for caller, kind in ((stranger, NotFound), (service, ScopeMissing), (AUDITOR, Forbidden)):
        with world.refusing(kind):
            close(world, caller, review)


def test_who_is_named_no_longer_closes_nothing_that_was_opened_before(world: World) -> None:
    review = review_of(world, broken(world))
    world.apply(POLICY + GLASS.replace("carol@example.com, ", ""))
    assert actions(world, world.person("carol"), review) == ()
    with world.refusing(Forbidden):
        close(world, world.person("carol"), review)
    assert actions(world, world.person("dave"), review) == ("close",)
    assert close(world, world.person("dave"), review).closed_at is not None


def test_no_service_closes_it_for_anybody(world: World) -> None:
    review = review_of(world, broken(world))
    asker = world.bot("slack", acting="carol", scopes=[Scope.ACT_AS_REQUEST])
    with world.refusing(ActAsRefused):
        close(world, asker, review)
    decider = world.bot("slack", acting="carol", scopes=[Scope.ACT_AS_DECIDE])
    with world.refusing(RelayRefused):
        close(world, decider, review)
    assert actions(world, decider, review) == ()


@pytest.mark.parametrize("comment", ["", "  \n", "\u200b", "\u202e", "x" * 2_001])
def test_what_was_found_has_to_be_said(world: World, comment: str) -> None:
    review, carol = review_of(world, broken(world)), world.person("carol")
    with world.refusing(InvalidInput) as caught:
        close(world, carol, review, comment=comment)
    assert caught.value.errors[0].field == "comment"


def test_who_comes_second_is_told_who_was_first(world: World) -> None:
    review, carol = review_of(world, broken(world)), world.person("carol")
    closed = close(world, world.person("dave"), review)
    assert closed.closed_at is not None
    with world.refusing(ReviewClosed) as caught:
        close(world, carol, review)
    assert caught.value.facts == {
        "closed_by": "user:dave@example.com",
        "closed_at": closed.closed_at.isoformat(),
    }


def test_a_review_is_closed_once(world: World, rivals: list[World]) -> None:
    callers = [world.person("carol"), world.person("dave"), ADMIN]
    for _ in ROUNDS:
        review, news = review_of(world, broken(world)), News(world)
        acts = zip(rivals, callers, strict=False)
        results = at_once(*(partial(close, rival, caller, review) for rival, caller in acts))
        assert [type(refusal) for refusal in refusals(results)] == [ReviewClosed, ReviewClosed]
        assert news.told() == ["review.closed"]


def test_whoever_may_close_it_is_told_so(world: World) -> None:
    review = review_of(world, broken(world))
    carol = world.person("carol")
    assert actions(world, carol, review) == actions(world, ADMIN, review) == ("close",)
    assert actions(world, world.person("alice"), review) == actions(world, AUDITOR, review) == ()
    close(world, carol, review)
    assert actions(world, carol, review) == ()


def test_a_reviewer_may_end_the_access(world: World) -> None:
    (grant,) = world.granted(broken(world))
    assert world.revoke(world.person("carol"), grant).revoke_reason is EndReason.REVOKED


def test_a_reviewer_of_one_is_none_of_another(world: World) -> None:
    (grant,) = world.granted(broken(world, by="bob"))
    alice = world.person("alice")
    assert world.revoke(alice, grant).revoke_reason is EndReason.REVOKED
    other = world.granted(world.submit(world.person("bob"), asking((BETA, "ReadOnlyAccess"))))[0]
    with world.refusing(NotFound):
        world.revoke(alice, other)


def test_broken_glass_that_lasts_longer_before_anybody_looked_is_looked_at_once(world: World) -> None:
    (grant,) = world.granted(broken(world))
    world.extend(world.person("alice"), grant)
    assert world.grant(grant).extensions == 1
    assert len(listed(world, ADMIN)) == 1


def test_broken_glass_that_lasts_longer_after_the_review_is_reviewed_again(world: World) -> None:
    request = broken(world)
    (grant,) = world.granted(request)
    close(world, world.person("carol"), review_of(world, request))
    alice = world.person("alice")
    world.extend(alice, grant)
    assert len(listed(world, ADMIN, still_open=True)) == 1
    world.extend(alice, grant)
    assert len(listed(world, ADMIN)) == 2


def test_glass_that_was_broken_meanwhile_keeps_reviewed_access_from_lasting_longer(world: World) -> None:
    request = broken(world)
    (first,) = world.granted(request)
    close(world, world.person("carol"), review_of(world, request))
    broken(world)
    alice = world.person("alice")
    with world.refusing(ReviewOpen):
        world.extend(alice, first)
    assert world.grant(first).extensions == 0
