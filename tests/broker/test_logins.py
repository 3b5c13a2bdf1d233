"""How long a login is kept, and what is kept of it."""

from datetime import timedelta

import pytest

from protem.broker import catalogue, logins
from protem.broker.authentication import Presented
from protem.broker.logins import Logins, Started
from protem.domain.errors import Unauthenticated
from protem.identity_provider.values import Assertion
from tests.broker.worlds import World, person_id

ISSUER = "https://id.example.com"
KNOWN = Logins(issuer=ISSUER, idle=timedelta(hours=1))


def started(world: World, *, instead_of: str | None = None) -> Started:
    with world.store.writing() as session:
        person, now = catalogue.person(session, person_id("alice")), world.clock.now()
        assert person
        assertion = Assertion(ISSUER, "alice", {})
        return logins.start(
            session, person, assertion, lifetime=timedelta(hours=12), instead_of=instead_of, now=now
        )


def good(world: World, secret: str) -> bool:
    with world.store.reading() as session:
        try:
            return KNOWN.verify(session, Presented(cookie=secret), world.clock.now()) is not None
        except Unauthenticated:
            return False


def test_a_login_holds_to_the_moment(world: World) -> None:
    secret = started(world).secret
    world.clock.advance(3_599.9)
    assert good(world, secret)
    world.clock.advance(0.1)
    assert not good(world, secret)


def test_a_new_login_ends_the_one_that_the_browser_had(world: World) -> None:
    first = started(world)
    second = started(world, instead_of=first.secret)
    assert (good(world, first.secret), good(world, second.secret)) == (False, True)
    assert world.events()[-3:] == ["login.started", "login.ended", "login.started"]


def test_leaving_twice_is_one_event(world: World) -> None:
    secret = started(world).secret
    for _ in range(2):
        with world.store.writing() as session:
            logins.leave(session, secret, now=world.clock.now())
    assert world.events().count("login.ended") == 1


@pytest.mark.parametrize("secret", ["", "x", "' OR 1=1 --", "\x00"])
def test_an_unknown_secret_is_nobody(world: World, secret: str) -> None:
    started(world)
    assert not good(world, secret)


def test_a_login_shows_its_secret_to_nobody(world: World) -> None:
    made = started(world)
    assert made.secret not in repr(world.contents())
    assert made.secret not in repr(Presented(cookie=made.secret))


def test_logins_that_are_long_over_are_forgotten(world: World) -> None:
    old = started(world).secret
    with world.store.writing() as session:
        logins.leave(session, old, now=world.clock.now())
    world.clock.advance(timedelta(days=20).total_seconds())
    young = started(world).secret
    world.clock.advance(timedelta(days=11).total_seconds())
    with world.store.writing() as session:
        assert logins.purge(session, before=world.clock.now() - logins.KEPT) == 1
    assert not good(world, young)
    world.clock.advance(timedelta(days=20).total_seconds())
    with world.store.writing() as session:
        assert logins.purge(session, before=world.clock.now() - logins.KEPT) == 1
