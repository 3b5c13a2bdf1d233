"""Answers to a change at the same moment, and its expiry beside them: one of them counts."""

import uuid
from datetime import timedelta
from functools import partial

from protem.broker import changes, locking
from protem.broker.authentication import Admission
from protem.broker.callers import Caller
from protem.broker.proposals import locks as proposals
from protem.db.models import Change, ChangeState, Lock, TokenRole
from protem.domain.errors import ChangeOver, LockOver
from protem.domain.locks import LockKind
from tests.broker.racing import FEW, ROUNDS, News, at_once, refusals
from tests.broker.worlds import ADMIN, ALPHA, World

OTHERS = [Caller(name=name, role=TokenRole.ADMIN, bound_to_two=True) for name in ("other", "third")]
DAY = timedelta(days=1)
MOMENT = 0.001


def proposed(world: World, *, lifetime: timedelta = DAY) -> Change:
    """Return a change that lifts a lock of its own."""
    with world.store.writing() as session:
        lock = locking.create(
            session,
            ADMIN,
            kind=LockKind.ACCOUNT,
            subject=ALPHA,
            reason="a drill",
            duration=None,
            now=world.clock.now(),
        )
        return proposals.propose_lifting(session, ADMIN, lock.id, lifetime=lifetime, now=world.clock.now())


def confirm(world: World, caller: Caller, change: Change) -> ChangeState:
    with world.store.writing() as session:
        confirmed = changes.confirm(session, caller, change.id, admission=Admission(), now=world.clock.now())
        return confirmed.change.state


def reject(world: World, caller: Caller, change: Change) -> ChangeState:
    with world.store.writing() as session:
        return changes.reject(session, caller, change.id, now=world.clock.now()).state


def expire(world: World) -> int:
    with world.store.writing() as session:
        return changes.expire_due(session, now=world.clock.now())


def state(world: World, change: Change) -> ChangeState:
    with world.store.reading() as session:
        return session.get_one(Change, change.id).state


def lifted_by(world: World, change: Change) -> str | None:
    with world.store.reading() as session:
        return session.get_one(Lock, uuid.UUID(change.subject)).lifted_by


def expire_a_moment_later(world: World) -> int:
    world.clock.advance(MOMENT)
    return expire(world)


def test_of_two_who_confirm_one_does(world: World, rivals: list[World]) -> None:
    for _ in ROUNDS:
        change, news = proposed(world), News(world)
        got = at_once(
            partial(confirm, rivals[0], OTHERS[0], change), partial(confirm, rivals[1], OTHERS[1], change)
        )
        (late,) = refusals(got)
        assert type(late) is ChangeOver
        assert late.facts["state"] == "confirmed"
        assert news.told() == ["change.confirmed", "lock.lifted"]
        assert lifted_by(world, change) in {f"admin:root with admin:{name}" for name in ("other", "third")}


def test_a_change_is_confirmed_or_rejected_and_never_both(world: World, rivals: list[World]) -> None:
    for _ in ROUNDS:
        change, news = proposed(world), News(world)
        got = at_once(
            partial(confirm, rivals[0], OTHERS[0], change), partial(reject, rivals[1], OTHERS[1], change)
        )
        (late,) = refusals(got)
        assert type(late) is ChangeOver
        won = state(world, change)
        assert late.facts["state"] == won.value
        lifted = lifted_by(world, change) is not None
        assert lifted == (won is ChangeState.CONFIRMED)
        assert news.told() == (["change.confirmed", "lock.lifted"] if lifted else ["change.rejected"])


def test_expiry_and_confirming_agree_on_the_end(world: World, rivals: list[World]) -> None:
    for _ in ROUNDS:
        change = proposed(world, lifetime=timedelta(seconds=5))
        world.clock.advance(5 - MOMENT)
        news = News(world)
        got = at_once(
            partial(confirm, rivals[0], OTHERS[0], change),
            partial(expire_a_moment_later, rivals[1]),
        )
        won = state(world, change)
        confirmed = lifted_by(world, change) is not None
        if confirmed:
            assert (won, refusals(got)) == (ChangeState.CONFIRMED, [])
            assert news.told() == ["change.confirmed", "lock.lifted"]
        else:
            assert [type(refusal) for refusal in refusals(got)] == [ChangeOver]
            expire(world)
            assert state(world, change) is ChangeState.EXPIRED
            assert news.told() == ["change.expired"]


def test_two_changes_of_one_thing_have_one_effect(world: World, rivals: list[World]) -> None:
    for _ in FEW:
        first = proposed(world)
        with world.store.writing() as session:
            second = proposals.propose_lifting(
                session, OTHERS[0], uuid.UUID(first.subject), lifetime=DAY, now=world.clock.now()
            )
        news = News(world)
        got = at_once(
            partial(confirm, rivals[0], OTHERS[1], first), partial(confirm, rivals[1], OTHERS[1], second)
        )
        (late,) = refusals(got)
        assert type(late) is LockOver
        assert news.told() == ["change.confirmed", "lock.lifted"]
        assert {state(world, first), state(world, second)} == {ChangeState.CONFIRMED, ChangeState.PENDING}
