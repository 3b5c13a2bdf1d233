"""Who calls, and as whom."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from protem.broker import credentials, tokens
from protem.broker.authentication import API_TOKENS, Admission, Presented, Verifier, authenticate
from protem.broker.callers import Caller
from protem.broker.issuing import Issued
from protem.broker.token_terms import DEFAULT_LIFETIME, Wish
from protem.db.models import Principal, Token, TokenRole
from protem.domain.authority import Relation, Scope
from protem.domain.errors import ActAsRefused, Unauthenticated
from tests.broker.worlds import ADMIN, World, group_id, person_id, user_name


def issue(world: World, name: str = "slack", **values: Any) -> Issued:
    given: dict[str, Any] = {"role": TokenRole.SERVICE, "act_as": True} | values
    with world.store.writing() as session:
        return tokens.create(session, ADMIN, Wish(name=name, **given), now=world.clock.now())


def personal(world: World, name: str = "alice") -> Issued:
    return issue(world, f"{name}-laptop", role=TokenRole.PERSONAL, user=user_name(name), act_as=False)


def caller(world: World, bearer: str | None, act_as: str | None = None) -> Caller:
    with world.store.reading() as session:
        return authenticate(session, Presented(bearer, act_as), now=world.clock.now())


def test_a_personal_token_is_its_person(world: World) -> None:
    found = caller(world, personal(world).secret)
    assert found.person is not None
    assert found.person.id == person_id("alice")
    assert {group.id for group in found.person.groups} == {group_id("engineers")}
    assert (found.label, found.acting_as, found.service) == ("user:alice@example.com", None, None)
    assert found.relations == {Relation.PERSON}


@pytest.mark.parametrize("role", [TokenRole.ADMIN, TokenRole.AUDITOR, TokenRole.SERVICE])
def test_other_tokens_are_nobody(world: World, role: TokenRole) -> None:
    found = caller(world, issue(world, "name", role=role, act_as=False).secret)
    assert found.person is None
    assert found.relations == {Relation(role.value)}
    assert found.label == f"{role}:name"


@pytest.mark.parametrize("bearer", [None, "", "eyJhbGciOi", "Bearer protem_", "protem-abc"])
def test_what_is_no_token_of_ours_is_refused(world: World, bearer: str | None) -> None:
    with pytest.raises(Unauthenticated):
        caller(world, bearer)


def test_a_token_with_a_typing_error_is_told_from_one_that_is_not_valid(world: World) -> None:
    secret = personal(world).secret
    for broken in (
        secret[:-1],
        secret + "0",
        secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        secret + "é",
    ):
        with pytest.raises(Unauthenticated, match="not a whole Protem token"):
            caller(world, broken)
    with pytest.raises(Unauthenticated, match="this token is not valid"):
        caller(world, credentials.new())


def test_expired_revoked_and_unknown_tokens_are_refused_in_the_same_words(world: World) -> None:
    expired, revoked = personal(world, "alice"), personal(world, "bob")
    with world.store.writing() as session:
        tokens.revoke(session, ADMIN, revoked.token.id, now=world.clock.now())
    world.clock.advance(DEFAULT_LIFETIME.total_seconds())
    said = set()
    for secret in (expired.secret, revoked.secret, credentials.new()):
        with pytest.raises(Unauthenticated) as caught:
            caller(world, secret)
        said.add(caught.value.detail)
    assert len(said) == 1


def test_a_token_is_good_until_the_moment_it_expires(world: World) -> None:
    secret = personal(world).secret
    world.clock.advance(DEFAULT_LIFETIME.total_seconds() - 0.001)
    assert caller(world, secret).person
    world.clock.advance(0.001)
    with pytest.raises(Unauthenticated):
        caller(world, secret)


def test_the_token_of_somebody_who_left_is_refused(world: World) -> None:
    secret = personal(world).secret
    world.remove(Principal, person_id("alice"))
    with pytest.raises(Unauthenticated):
        caller(world, secret)


def test_only_a_hash_is_kept(world: World) -> None:
    secret = personal(world).secret
    assert secret.removeprefix("protem_")[:8] not in repr(world.contents())


@pytest.mark.parametrize("name", ["alice@example.com", "ALICE@Example.COM", person_id("alice")])
def test_a_service_acts_as_somebody_by_name_or_id(world: World, name: str) -> None:
    found = caller(world, issue(world).secret, name)
    assert found.person is not None
    assert found.person.id == person_id("alice")
    assert (found.label, found.acting_as) == ("service:slack", "user:alice@example.com")
    assert (found.service, found.on_record) == ("slack", "user:alice@example.com")
    assert found.relations == {Relation.PERSON}


@pytest.mark.parametrize("name", ["nobody", "", "alice", "\x00", "alice@example.com\x00", "%", "a" * 5000])
def test_nobody_can_be_acted_as_who_is_not_there(world: World, name: str) -> None:
    secret = issue(world).secret
    with pytest.raises(ActAsRefused):
        caller(world, secret, name)


@pytest.mark.parametrize("name", ["\uff41lice@example.com", "alice@example\uff0ecom", "alice@example.com "])
def test_nobody_can_be_acted_as_by_a_name_that_only_looks_like_theirs(world: World, name: str) -> None:
    secret = issue(world).secret
    with pytest.raises(ActAsRefused, match="no such principal"):
        caller(world, secret, name)


def test_nobody_can_be_acted_as_who_has_left(world: World) -> None:
    secret = issue(world).secret
    world.remove(Principal, person_id("alice"))
    with pytest.raises(ActAsRefused):
        caller(world, secret, user_name("alice"))


def test_an_ambiguous_name_is_nobody(world: World) -> None:
    secret = issue(world).secret
    with world.store.writing() as session:
        twin = Principal(
            id=person_id("twin"),
            user_name="Alice@example.com",
            user_name_key="alice@example.com",
            display_name="",
        )
        session.add(twin)
    with pytest.raises(ActAsRefused) as caught:
        caller(world, secret, user_name("alice"))
    assert {one["id"] for one in caught.value.facts["candidates"]} == {person_id("alice"), person_id("twin")}
    assert caller(world, secret, person_id("alice")).person


def test_a_service_without_a_scope_acts_as_nobody(world: World) -> None:
    secret = issue(world, act_as=False).secret
    with pytest.raises(ActAsRefused):
        caller(world, secret, user_name("alice"))


@pytest.mark.parametrize("role", [TokenRole.ADMIN, TokenRole.AUDITOR])
def test_admins_and_auditors_act_as_nobody(world: World, role: TokenRole) -> None:
    secret = issue(world, "name", role=role, act_as=False).secret
    with pytest.raises(ActAsRefused):
        caller(world, secret, user_name("alice"))


def test_people_act_as_nobody_not_even_themselves(world: World) -> None:
    secret = personal(world).secret
    with pytest.raises(ActAsRefused):
        caller(world, secret, user_name("alice"))


def test_scopes_come_from_the_token(world: World) -> None:
    secret = issue(world, act_as=False, act_as_decide=True).secret
    scopes = caller(world, secret, user_name("carol")).scopes
    assert scopes == frozenset({Scope.READ, Scope.ACT_AS_DECIDE})


def test_the_use_of_a_token_is_written_down_at_most_once_a_minute(world: World) -> None:
    issued = personal(world)
    assert caller(world, issued.secret).touch_due
    first = world.clock.now()
    touch(world, issued)
    assert not caller(world, issued.secret).touch_due
    world.clock.advance(59)
    touch(world, issued)
    assert last_use(world, issued.token) == first
    world.clock.advance(1)
    assert caller(world, issued.secret).touch_due
    touch(world, issued)
    assert last_use(world, issued.token) == first + timedelta(minutes=1)


def touch(world: World, issued: Issued) -> None:
    using = caller(world, issued.secret)
    with world.store.writing() as session:
        tokens.touch(session, using, now=world.clock.now())


def last_use(world: World, token: Token) -> datetime | None:
    with world.store.reading() as session:
        return session.get_one(Token, token.id).last_used_at


def test_authenticating_writes_nothing(world: World) -> None:
    secret = personal(world).secret
    before = world.contents()
    caller(world, secret)
    assert world.contents() == before


class Passwords:
    """A verifier of another kind, as an identity provider's will be."""

    def verify(self, session: Session, presented: Presented, now: datetime) -> Caller | None:
        return Caller(name="alice", role=TokenRole.PERSONAL) if presented.bearer == "sesame" else None


def test_other_kinds_of_credentials_have_their_place(world: World) -> None:
    verifiers: list[Verifier] = [API_TOKENS, Passwords()]
    with world.store.reading() as session:
        found = authenticate(
            session, Presented("sesame"), now=world.clock.now(), admission=Admission(verifiers)
        )
    assert found.name == "alice"
