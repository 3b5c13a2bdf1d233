"""A token gets a new secret, and the one of before is good for a while longer."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from protem.broker import credentials, rotation, tokens
from protem.broker.authentication import Presented, authenticate
from protem.broker.callers import CONSOLE, Caller
from protem.broker.issuing import Issued
from protem.broker.rotation import Prepared, Terms
from protem.broker.token_terms import DEFAULT_LIFETIME, Wish
from protem.db.models import Token, TokenRole
from protem.domain.errors import (
    ActAsRefused,
    Forbidden,
    InvalidInput,
    TokenOver,
    TokenRevoked,
    TokenRotated,
    Unauthenticated,
)
from protem.domain.rejections import Rejection
from tests.broker.racing import ROUNDS, apart, at_once, refusals
from tests.broker.worlds import ADMIN, AUDITOR, World, user_name

HOUR = timedelta(hours=1)


@pytest.fixture
def issued(world: World) -> Issued:
    """The token of a service."""
    return make(world)


@pytest.fixture
def rivals(world: World) -> Iterator[list[World]]:
    """Two other processes on the database."""
    with apart(world, 2) as others:
        yield others


def make(world: World, **values: Any) -> Issued:
    given: dict[str, Any] = {"name": "slack", "role": TokenRole.SERVICE, "act_as": True} | values
    with world.store.writing() as session:
        return tokens.create(session, CONSOLE, Wish(**given), now=world.clock.now())


def rotate(world: World, issued: Issued, caller: Caller = ADMIN, **wish: Any) -> Issued:
    with world.store.writing() as session:
        return rotation.at_once(session, caller, issued.token.id, now=world.clock.now(), **wish)


def caller(world: World, secret: str, act_as: str | None = None) -> Caller:
    with world.store.reading() as session:
        return authenticate(session, Presented(secret, act_as), now=world.clock.now())


def refused(world: World, secret: str) -> Rejection | None:
    with pytest.raises(Unauthenticated) as caught:
        caller(world, secret)
    return caught.value.reason


def stored(world: World, issued: Issued) -> Token:
    with world.store.reading() as session:
        return session.get_one(Token, issued.token.id)


def test_both_secrets_are_good_until_the_overlap_is_over(world: World, issued: Issued) -> None:
    new = rotate(world, issued)
    assert new.token.id == issued.token.id
    assert [caller(world, one.secret).by_previous_secret for one in (issued, new)] == [True, False]
    world.clock.advance(HOUR.total_seconds() - 0.001)
    assert caller(world, issued.secret).by_previous_secret
    world.clock.advance(0.001)
    assert refused(world, issued.secret) is Rejection.ROTATED
    assert caller(world, new.secret).name == "slack"


def test_without_an_overlap_the_secret_of_before_is_worth_nothing_at_once(
    world: World, issued: Issued
) -> None:
    new = rotate(world, issued, overlap=timedelta())
    assert refused(world, issued.secret) is Rejection.UNKNOWN
    assert caller(world, new.secret).name == "slack"


def test_a_second_rotation_drops_the_oldest_secret(world: World, issued: Issued) -> None:
    second = rotate(world, issued)
    third = rotate(world, second)
    assert refused(world, issued.secret) is Rejection.UNKNOWN
    assert caller(world, second.secret).by_previous_secret
    assert not caller(world, third.secret).by_previous_secret


def test_revoking_ends_both_secrets(world: World, issued: Issued) -> None:
    new = rotate(world, issued)
    with world.store.writing() as session:
        tokens.revoke(session, ADMIN, issued.token.id, now=world.clock.now())
    assert {refused(world, one.secret) for one in (issued, new)} == {Rejection.REVOKED}


def test_the_end_of_a_token_ends_both_secrets(world: World, issued: Issued) -> None:
    world.clock.advance((DEFAULT_LIFETIME - HOUR / 2).total_seconds())
    new = rotate(world, issued)
    world.clock.advance((HOUR / 2).total_seconds())
    assert {refused(world, one.secret) for one in (issued, new)} == {Rejection.EXPIRED}


def test_an_admin_may_count_the_time_of_a_token_anew(world: World, issued: Issued) -> None:
    world.clock.advance(HOUR.total_seconds())
    assert rotate(world, issued).token.expires_at == issued.token.expires_at
    again = rotate(world, issued, lifetime=timedelta(days=7))
    assert again.token.expires_at == world.clock.now() + timedelta(days=7)


def test_a_token_rotates_itself_and_keeps_its_end(world: World, issued: Issued) -> None:
    new = rotate(world, issued, caller(world, issued.secret))
    assert new.token.expires_at == issued.token.expires_at
    assert caller(world, new.secret).name == "slack"


@pytest.mark.parametrize("role", [TokenRole.SERVICE, TokenRole.ADMIN])
def test_no_token_gives_itself_more_time(world: World, role: TokenRole) -> None:
    own = make(world, name="own", role=role, act_as=False)
    itself = caller(world, own.secret)
    with world.refusing(InvalidInput) as caught:
        rotate(world, own, itself, lifetime=timedelta(days=7))
    assert caught.value.errors[0].field == "lifetime"


@pytest.mark.parametrize("role", [TokenRole.SERVICE, TokenRole.ADMIN])
def test_the_secret_of_before_rotates_nothing(world: World, role: TokenRole) -> None:
    own = make(world, name="own", role=role, act_as=False)
    rotate(world, own)
    before = caller(world, own.secret)
    with world.refusing(Forbidden):
        rotate(world, own, before)


def test_a_service_that_acts_as_somebody_does_not_rotate_its_token(world: World, issued: Issued) -> None:
    acting = caller(world, issued.secret, user_name("alice"))
    with world.refusing(ActAsRefused):
        rotate(world, issued, acting)


def test_others_rotate_no_token(world: World, issued: Issued) -> None:
    for other in (AUDITOR, world.person("alice"), world.bot("teams")):
        with world.refusing(Forbidden):
            rotate(world, issued, other)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=7, seconds=1)])
def test_the_overlap_is_bounded(world: World, issued: Issued, overlap: timedelta) -> None:
    with world.refusing(InvalidInput) as caught:
        rotate(world, issued, overlap=overlap)
    assert caught.value.errors[0].field == "overlap"


def test_what_is_over_gets_no_new_secret(world: World, issued: Issued) -> None:
    other = make(world, name="other")
    with world.store.writing() as session:
        tokens.revoke(session, ADMIN, other.token.id, now=world.clock.now())
    with world.refusing(TokenRevoked):
        rotate(world, other)
    world.clock.advance(DEFAULT_LIFETIME.total_seconds())
    with world.refusing(TokenOver):
        rotate(world, issued, lifetime=timedelta(days=7))


def test_it_shows_whether_the_secret_of_before_is_still_used(world: World, issued: Issued) -> None:
    new = rotate(world, issued)
    for secret, used in ((new.secret, False), (issued.secret, True)):
        world.clock.advance(60)
        using = caller(world, secret)
        with world.store.writing() as session:
            tokens.touch(session, using, now=world.clock.now())
        token = stored(world, issued)
        assert token.last_used_at == world.clock.now()
        assert token.previous_used_at == (world.clock.now() if used else None)
    assert stored(world, rotate(world, new)).previous_used_at is None


def test_a_rotation_is_on_record_without_a_secret(world: World, issued: Issued) -> None:
    new = rotate(world, issued)
    rotate(world, new, caller(world, new.secret), overlap=timedelta())
    assert world.events() == ["token.created", "token.rotated", "token.rotated"]
    contents = repr(world.contents())
    assert not [one for one in (issued, new) if one.secret.removeprefix("protem_")[:8] in contents]


def prepare(world: World, issued: Issued) -> Prepared:
    with world.store.reading() as session:
        return rotation.prepare(session, ADMIN, issued.token.id, now=world.clock.now())


def test_what_was_settled_is_carried_out_by_somebody_else(world: World, issued: Issued) -> None:
    prepared = prepare(world, issued)
    terms = Terms.of(prepared.terms.payload)
    assert terms == prepared.terms
    with world.store.writing() as session:
        rotation.rotate(session, CONSOLE, terms, now=world.clock.now())
    assert caller(world, prepared.secret).token_id == issued.token.id


def test_what_was_settled_is_not_carried_out_on_another_secret(world: World, issued: Issued) -> None:
    prepared = prepare(world, issued)
    rotate(world, issued)
    with world.refusing(TokenRotated), world.store.writing() as session:
        rotation.rotate(session, CONSOLE, prepared.terms, now=world.clock.now())


def test_of_two_who_rotate_at_once_one_is_told(world: World, rivals: list[World], issued: Issued) -> None:
    def carry_out(there: World, prepared: Prepared) -> str:
        with there.store.writing() as session:
            rotation.rotate(session, ADMIN, prepared.terms, now=there.clock.now())
        return prepared.secret

    for _ in ROUNDS:
        both = [prepare(one, issued) for one in rivals]
        results = at_once(*(partial(carry_out, *pair) for pair in zip(rivals, both, strict=True)))
        assert [type(refusal) for refusal in refusals(results)] == [TokenRotated]
        (winner,) = (result for result in results if isinstance(result, str))
        assert stored(world, issued).secret_hash == credentials.hashed(winner)
