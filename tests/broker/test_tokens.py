"""API tokens are made, listed and ended by admins."""

import re
from datetime import timedelta
from typing import Any

import pytest

from protem.broker import credentials, tokens
from protem.broker.callers import CONSOLE, Caller
from protem.broker.issuing import Issued
from protem.broker.pages import Paging
from protem.broker.token_terms import Wish
from protem.db.models import AuditEvent, Principal, TokenRole, new_id
from protem.domain.errors import (
    Forbidden,
    InvalidInput,
    NotFound,
    ScopeMissing,
    TokenRevoked,
    UnknownPrincipal,
)
from tests.broker.worlds import ADMIN, AUDITOR, World, person_id, user_name


def create(world: World, caller: Caller = ADMIN, **values: Any) -> Issued:
    given = {"name": "slack", "role": TokenRole.SERVICE} | values
    with world.store.writing() as session:
        return tokens.create(session, caller, Wish(**given), now=world.clock.now())


def revoke(world: World, issued: Issued, caller: Caller = ADMIN) -> None:
    with world.store.writing() as session:
        tokens.revoke(session, caller, issued.token.id, now=world.clock.now())


def test_secrets_have_a_form_that_scanners_know() -> None:
    for secret in (credentials.new() for _ in range(200)):
        assert re.fullmatch(r"protem_[0-9A-Za-z]{36}", secret)
        assert credentials.well_formed(secret)
    assert len({credentials.new() for _ in range(200)}) == 200


def test_any_changed_character_breaks_the_checksum() -> None:
    secret = credentials.new()
    for place in range(len(credentials.PREFIX), len(secret)):
        other = "a" if secret[place] != "a" else "b"
        assert not credentials.well_formed(secret[:place] + other + secret[place + 1 :])


def test_a_token_is_what_was_asked_for(world: World) -> None:
    token = create(world, act_as=True, act_as_decide=True, lifetime=timedelta(days=1)).token
    assert (token.name, token.role, token.principal_id) == ("slack", TokenRole.SERVICE, None)
    assert token.scopes == ["read", "act_as:request", "act_as:decide"]
    assert token.expires_at == world.clock.now() + timedelta(days=1)
    assert token.created_by == "admin:root"


def test_a_personal_token_is_bound_to_a_user(world: World) -> None:
    token = create(world, name="laptop", role=TokenRole.PERSONAL, user="ALICE@example.com").token
    assert token.principal_id == person_id("alice")


def test_making_and_ending_a_token_leave_one_event_each_without_its_secret(world: World) -> None:
    issued = create(world)
    revoke(world, issued)
    assert world.events() == ["token.created", "token.revoked"]
    assert issued.secret not in repr(world.contents()[AuditEvent.__tablename__])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Slack",
        "sl ack",
        "-slack",
        "slack\n",
        "släck",
        "a" * 65,
        "a/b",
        "a:b",
        "console",
        "entitlements-file",
    ],
)
def test_names_are_plain(world: World, name: str) -> None:
    with world.refusing(InvalidInput) as caught:
        create(world, name=name)
    assert caught.value.errors[0].field == "name"


@pytest.mark.parametrize("name", ["a", "a" * 64, "slack-2", "ci@example.com", "x.y_z+1"])
def test_plain_names_are_taken(world: World, name: str) -> None:
    assert create(world, name=name).token.name == name


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": TokenRole.PERSONAL}, "user"),
        ({"role": TokenRole.ADMIN, "user": user_name("alice")}, "user"),
        ({"role": TokenRole.ADMIN, "act_as": True}, "act_as"),
        ({"role": TokenRole.PERSONAL, "user": user_name("alice"), "act_as_decide": True}, "act_as"),
        ({"lifetime": timedelta()}, "lifetime"),
        ({"lifetime": timedelta(days=-1)}, "lifetime"),
        ({"lifetime": timedelta(days=366, seconds=1)}, "lifetime"),
    ],
)
def test_tokens_that_make_no_sense_are_not_made(world: World, values: dict[str, Any], field: str) -> None:
    with world.refusing(InvalidInput) as caught:
        create(world, **values)
    assert caught.value.errors[0].field == field


def test_a_token_for_nobody_is_not_made(world: World) -> None:
    with world.refusing(UnknownPrincipal):
        create(world, role=TokenRole.PERSONAL, user="nobody")
    world.remove(Principal, person_id("alice"))
    with world.refusing(UnknownPrincipal):
        create(world, role=TokenRole.PERSONAL, user=user_name("alice"))


def test_two_services_cannot_have_one_name(world: World) -> None:
    first = create(world)
    with world.refusing(InvalidInput):
        create(world)
    world.clock.advance(timedelta(days=91).total_seconds())
    with world.refusing(InvalidInput):  # expired, but nobody has let go of the name
        create(world)
    revoke(world, first)
    create(world)


def test_what_is_no_service_may_share_a_name(world: World) -> None:
    create(world)
    create(world, role=TokenRole.ADMIN)
    create(world, role=TokenRole.ADMIN)


def test_a_token_is_revoked_once(world: World) -> None:
    issued = create(world)
    revoke(world, issued)
    with world.refusing(TokenRevoked):
        revoke(world, issued)


def test_a_token_that_is_not_there_cannot_be_revoked(world: World) -> None:
    issued = Issued(create(world).token, "")
    issued.token.id = new_id()
    with world.refusing(NotFound):
        revoke(world, issued)


def test_all_tokens_are_listed_the_newest_first(world: World) -> None:
    for name in ("one", "two", "three"):
        create(world, name=name)
    with world.store.reading() as session:
        page = tokens.list_(session, AUDITOR, paging=Paging(limit=2))
        rest = tokens.list_(session, AUDITOR, paging=Paging(limit=2, cursor=page.next_cursor))
    assert [token.name for token in (*page.items, *rest.items)] == ["three", "two", "one"]
    assert rest.next_cursor is None


@pytest.mark.parametrize("name", ["alice", "auditor", "slack"])
def test_only_admins_make_and_end_tokens(world: World, name: str) -> None:
    callers = {"alice": world.person("alice"), "auditor": AUDITOR, "slack": world.bot("bot")}
    issued = create(world)
    with world.refusing(ScopeMissing if name == "slack" else Forbidden):
        create(world, callers[name], name="mine")
    with world.refusing(Forbidden):
        revoke(world, issued, callers[name])


def test_people_and_services_see_no_tokens(world: World) -> None:
    for caller in (world.person("alice"), world.bot(), world.bot(acting="alice")):
        with world.store.reading() as session, pytest.raises(Forbidden):
            tokens.list_(session, caller)


def test_the_console_is_an_admin(world: World) -> None:
    assert create(world, CONSOLE).token.created_by == "admin:console"
