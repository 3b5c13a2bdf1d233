"""Tokens from the console, on a real database."""

import json
from datetime import UTC, datetime

import pytest

from protem.broker import authentication, credentials
from protem.broker.authentication import Presented
from protem.broker.callers import Caller
from protem.clock import SystemClock
from protem.db.models import Principal, TokenRole
from protem.db.store import Store
from protem.domain.authority import Scope
from protem.domain.errors import Unauthenticated
from tests.cli.conftest import Invoke


def caller(url: str, secret: str) -> Caller:
    store = Store(url, clock=SystemClock())
    try:
        with store.reading() as session:
            return authentication.authenticate(session, Presented(secret), now=datetime.now(UTC))
    finally:
        store.close()


def test_a_token_is_good_until_it_is_revoked(invoke: Invoke, database_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": database_url}
    made = invoke("tokens", "create", "ops", "--role", "admin", "--json", env=env)
    token = json.loads(made.stdout)
    assert caller(database_url, token["secret"]).role is TokenRole.ADMIN
    assert token["secret"] not in invoke("tokens", "list", "--json", env=env).stdout
    assert invoke("tokens", "revoke", token["id"], env=env).exit_code == 0
    with pytest.raises(Unauthenticated):
        caller(database_url, token["secret"])
    assert "revoked" in invoke("tokens", "list", env=env).stdout
    again = invoke("tokens", "revoke", token["id"], env=env)
    assert (again.exit_code, again.stderr.split(":")[0]) == (1, "token-revoked")


def test_the_secret_alone_is_on_the_output(invoke: Invoke, database_url: str) -> None:
    arguments = ["tokens", "create", "slack", "--role", "service", "--act-as", "--act-as-decide"]
    made = invoke(*arguments, env={"PROTEM_DATABASE_URL": database_url})
    found = caller(database_url, made.stdout.strip())
    assert found.name == "slack"
    assert found.scopes == frozenset({Scope.READ, Scope.ACT_AS_REQUEST, Scope.ACT_AS_DECIDE})


def test_a_personal_token_is_bound_to_a_user(invoke: Invoke, database_url: str) -> None:
    store = Store(database_url, clock=SystemClock())
    with store.writing() as session:
        session.add(
            Principal(
                id="d3fbf47a-7e5b-4e7f-9ca5-499d004ae545",
                user_name="Alice@example.com",
                user_name_key="alice@example.com",
                display_name="Alice",
            )
        )
    store.close()
    arguments = ["tokens", "create", "laptop", "--user", "alice@example.com", "--expires", "P1D"]
    made = invoke(*arguments, env={"PROTEM_DATABASE_URL": database_url})
    person = caller(database_url, made.stdout.strip()).person
    assert person is not None
    assert person.user_name == "Alice@example.com"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["x"], 2, "--user, or what it is for with --role"),
        (["x", "--role", "king"], 2, "king"),
        (["x", "--role", "personal"], 1, "user"),
        (["x", "--role", "admin", "--user", "alice@example.com"], 1, "user"),
        (["x", "--role", "admin", "--act-as"], 1, "act_as"),
        (["x", "--role", "admin", "--expires", "P999D"], 1, "lifetime"),
        (["x", "--role", "admin", "--expires", "soon"], 2, "duration like"),
        (["X Y", "--role", "admin"], 1, "name"),
        (["x", "--user", "nobody@example.com"], 1, "catalogue-empty"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    invoke: Invoke, sqlite_url: str, arguments: list[str], exit_code: int, said: str
) -> None:
    env = {"PROTEM_DATABASE_URL": sqlite_url}
    result = invoke("tokens", "create", *arguments, env=env)
    assert result.exit_code == exit_code
    assert said in result.stderr
    assert json.loads(invoke("tokens", "list", "--json", env=env).stdout) == []


def test_an_outdated_schema_is_told_with_what_to_do(invoke: Invoke, empty_database_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": empty_database_url}
    result = invoke("tokens", "list", env=env)
    assert result.exit_code == 1
    assert "run `protem migrate`" in result.stderr
    assert "is now at" in invoke("migrate", env=env).stdout
    assert "nothing had to be done" in invoke("migrate", env=env).stdout
    assert invoke("tokens", "list", env=env).exit_code == 0


@pytest.mark.parametrize(
    "url", ["postgresql://nobody:secret@127.0.0.1:1/protem", "sqlite:////nowhere/at/all/protem.db"]
)
@pytest.mark.parametrize("command", [["migrate"], ["tokens", "list"]])
def test_a_database_that_is_away_is_told_in_one_line(invoke: Invoke, command: list[str], url: str) -> None:
    result = invoke(*command, env={"PROTEM_DATABASE_URL": url})
    assert result.exit_code == 3
    assert result.stderr.startswith("database-unavailable: ")
    assert "secret" not in result.stderr


def test_a_token_is_bounded_as_the_options_say(invoke: Invoke, database_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": database_url}
    options = ["--scope", "grants:revoke", "--scope", "locks:create", "--network", "10.1.0.0/16"]
    made = invoke("tokens", "create", "pager", "--role", "service", *options, "--rate-limit", "60", env=env)
    store = Store(database_url, clock=SystemClock())
    with store.reading() as session:
        presented = Presented(made.stdout.strip(), address="10.1.2.3")
        found = authentication.authenticate(session, presented, now=datetime.now(UTC))
    store.close()
    assert found.scopes == frozenset({Scope.GRANTS_REVOKE, Scope.LOCKS_CREATE})
    (token,) = json.loads(invoke("tokens", "list", "--json", env=env).stdout)
    assert (token["networks"], token["rate_limit"]) == (["10.1.0.0/16"], 60)
    shown = invoke("tokens", "show", token["id"], env=env).stdout
    assert "grants:revoke locks:create" in shown
    assert "10.1.0.0/16" in shown
    assert json.loads(invoke("tokens", "show", token["id"], "--json", env=env).stdout) == token


def test_a_rotated_token_has_two_secrets_for_a_while(invoke: Invoke, database_url: str) -> None:
    env = {"PROTEM_DATABASE_URL": database_url}
    token = json.loads(invoke("tokens", "create", "ops", "--role", "admin", "--json", env=env).stdout)
    rotated = invoke("tokens", "rotate", token["id"], "--overlap", "2h", "--expires", "P7D", env=env)
    assert rotated.exit_code == 0
    for secret in (token["secret"], rotated.stdout.strip()):
        assert caller(database_url, secret).name == "ops"
    shown = invoke("tokens", "show", token["id"], env=env).stdout
    assert "good until" in shown
    assert "not used since" in shown
    again = json.loads(invoke("tokens", "rotate", token["id"], "--overlap", "PT0S", "--json", env=env).stdout)
    assert (again["previous_until"], caller(database_url, again["secret"]).name) == (None, "ops")
    with pytest.raises(Unauthenticated):
        caller(database_url, rotated.stdout.strip())


def test_a_token_is_checked_without_being_shown(invoke: Invoke) -> None:
    secret = credentials.new()
    good = invoke("tokens", "check", answers=f"{secret}\n")
    assert (good.exit_code, "checksum fits" in good.stdout) == (0, True)
    for wrong, said in (
        (secret[:-1], "36 characters follow protem_, not 35"),
        (secret[:-1] + ("a" if secret[-1] != "a" else "b"), "checksum does not fit"),
        (secret[:-1] + "é", "only digits and letters"),
        ("hunter2", "does not begin with protem_"),
        ("", "does not begin with protem_"),
    ):
        bad = invoke("tokens", "check", answers=wrong)
        assert (bad.exit_code, said in bad.stderr) == (1, True)
        assert not wrong or wrong not in bad.output
