"""Locks against all that gives access, at the same moment: nothing that slips through begins or stays."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from protem.broker import activation, enforcing, locking
from protem.broker.requests import Submission
from protem.db.models import Assignment, Grant, Lock, Request
from protem.domain.errors import GrantOver, Locked, LockOver
from protem.domain.lifecycle import LIVE_GRANT_STATES, EndReason, GrantState, RequestState
from protem.domain.locks import LockKind
from protem.reconciler.settle import Hold, by_time
from tests.broker.racing import FEW, ROUNDS, News, at_once, refusals
from tests.broker.test_extensions import EXTENSIBLE
from tests.broker.worlds import ADMIN, ALPHA, POLICY, World, asking

READING = asking((ALPHA, "ReadOnlyAccess"))
GLASS = """
  - name: glass
    requesters: {groups: [engineers]}
    permission_sets: {names: [AdministratorAccess]}
    accounts: {all: true}
    duration: {default: PT1H, maximum: PT2H}
    break_glass: true
    notify: {groups: [leads]}
"""
FIRE = asking(entitlement="glass", justification="production burns")


def lock(world: World) -> Lock:
    """Lock the account that everything here is about."""
    with world.store.writing() as session:
        return locking.create(
            session,
            ADMIN,
            kind=LockKind.ACCOUNT,
            subject=ALPHA,
            reason="keys on a paste site",
            duration=None,
            now=world.clock.now(),
        )


def lift(world: World, made: Lock) -> Lock:
    with world.store.writing() as session:
        return locking.lift(session, ADMIN, made.id, now=world.clock.now())


def begin(world: World) -> None:
    """Move grants on by the time, as the reconciler does, where nobody else has the row."""
    with world.store.writing() as session:
        rows = session.scalars(select(Assignment).with_for_update(skip_locked=True))
        for row in rows.all():
            by_time(Hold(session, row, world.clock.now()), why_not=activation.why_not)


def owed(world: World) -> list[Grant]:
    """Return the grants that owe access now, or will."""
    with world.store.reading() as session:
        live = session.scalars(select(Grant).where(Grant.state.in_([*LIVE_GRANT_STATES])))
        return [grant for grant in live if not grant.owing.over(world.clock.now())]


def nothing_begins_or_stays(world: World) -> None:
    """See that what a lock has not ended does not begin under it, and is ended by the next look."""
    begin(world)
    assert all(grant.state is not GrantState.ACTIVATING for grant in owed(world))
    with world.store.writing() as session:
        enforcing.end_locked(session, now=world.clock.now())
    assert owed(world) == []


def test_what_is_approved_while_a_lock_is_made_never_begins(world: World, rivals: list[World]) -> None:
    alice, carol, news = world.person("alice"), world.person("carol"), News(world)
    for _ in ROUNDS:
        request = world.submit(alice)
        news.told()
        decided, made = at_once(partial(rivals[0].decide, carol, request), partial(lock, rivals[1]))
        assert isinstance(made, Lock)
        told = news.told()
        assert told.count("lock.created") == 1
        assert len(world.granted(request)) == told.count("request.approved") == told.count("grant.created")
        if isinstance(decided, Locked):
            assert world.request(request).state is RequestState.PENDING
            assert world.granted(request) == ()
            world.withdraw(alice, request)
        else:
            assert refusals([decided]) == []
        nothing_begins_or_stays(world)
        lift(world, made)


@pytest.mark.parametrize("wanted", [READING, FIRE], ids=["without-approval", "break-glass"])
def test_what_is_given_at_once_while_a_lock_is_made_never_begins(
    world: World, rivals: list[World], wanted: Submission
) -> None:
    world.apply(POLICY + GLASS)
    callers = [world.person(name) for name in ("alice", "bob")]
    for number in FEW:
        caller = callers[number % 2]
        asked, made = at_once(partial(rivals[0].submit, caller, wanted), partial(lock, rivals[1]))
        assert isinstance(made, Lock)
        if isinstance(asked, Request):
            assert len(world.granted(asked)) == 1
        nothing_begins_or_stays(world)
        lift(world, made)


def test_a_lock_ends_what_begins_beside_it(world: World, rivals: list[World]) -> None:
    news = News(world)
    for _ in ROUNDS:
        grant = world.approved()
        news.told()
        begun, made = at_once(partial(begin, rivals[0]), partial(lock, rivals[1]))
        assert refusals([begun, made]) == []
        found = world.grant(grant)
        assert found.revoke_reason is EndReason.LOCKED
        assert found.state in {GrantState.SCHEDULED, GrantState.ACTIVATING, GrantState.ENDED}
        assert not found.owing.owes_access(world.clock.now())
        told = news.told()
        assert (told.count("grant.revoked"), told.count("lock.created")) == (1, 1)
        assert told.count("grant.activating") <= 1
        begin(world)
        assert world.grant(grant).state is GrantState.ENDED
        lift(world, made)
        begin(world)
        assert owed(world) == []
        news.told()


def revoking(world: World, grant: Grant) -> Callable[[], Any]:
    return partial(world.revoke, ADMIN, grant)


def test_a_lock_and_the_red_button_end_a_grant_once(world: World, rivals: list[World]) -> None:
    news = News(world)
    for _ in ROUNDS:
        grant = world.approved()
        news.told()
        _, made = at_once(revoking(rivals[0], grant), partial(lock, rivals[1]))
        assert news.told() == ["grant.revoked", "lock.created"]
        assert world.grant(grant).revoke_reason in {EndReason.LOCKED, EndReason.REVOKED}
        lift(world, made)
        news.told()


def test_nothing_lasts_longer_that_a_lock_ends(world: World, rivals: list[World]) -> None:
    world.apply(EXTENSIBLE)
    alice = world.person("alice")
    for _ in ROUNDS:
        grant = world.granted(world.submit(alice, READING))[0]
        extended, made = at_once(
            partial(rivals[0].extend, alice, grant, timedelta(minutes=30)), partial(lock, rivals[1])
        )
        assert [type(lost) for lost in refusals([extended])] in ([], [Locked], [GrantOver])
        found = world.grant(grant)
        assert found.revoke_reason is EndReason.LOCKED
        assert found.extensions == 1 - len(refusals([extended]))
        nothing_begins_or_stays(world)
        lift(world, made)


def test_two_who_lock_at_once_make_two_locks_and_end_once(world: World, rivals: list[World]) -> None:
    news = News(world)
    for _ in FEW:
        grant = world.approved()
        news.told()
        made = at_once(partial(lock, rivals[0]), partial(lock, rivals[1]))
        assert news.told() == ["grant.revoked", "lock.created", "lock.created"]
        assert world.grant(grant).revoke_reason is EndReason.LOCKED
        for one in made:
            lift(world, one)
        news.told()


def test_a_lock_is_lifted_once(world: World, rivals: list[World]) -> None:
    news = News(world)
    for _ in FEW:
        made = lock(world)
        news.told()
        results = at_once(*(partial(lift, one, made) for one in rivals))
        assert [type(lost) for lost in refusals(results)] == [LockOver] * 3
        assert news.told() == ["lock.lifted"]
