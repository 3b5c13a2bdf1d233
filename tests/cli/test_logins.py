"""Logins from a terminal, against the API on a real port."""

import json

from protem.broker import catalogue, logins
from protem.identity_provider.values import Assertion
from tests.cli.conftest import Invoke, Served


def log_in(served: Served, name: str) -> str:
    """Log somebody in, as if they had been sent back by an identity provider; return the login's id."""
    runtime = served.world.runtime
    with runtime.store.writing() as session:
        found = catalogue.find_principal(session, f"{name}@example.com")
        person = catalogue.person(session, found.id)
        assert person
        assertion = Assertion("https://id.example.com", name, {})
        lifetime = runtime.settings.login_lifetime
        now = runtime.store.now(session)
        return str(logins.start(session, person, assertion, lifetime=lifetime, now=now).login.id)


def test_logins_are_listed_and_ended(invoke: Invoke, served: Served) -> None:
    alices, bobs = log_in(served, "alice"), log_in(served, "bob")
    mine = json.loads(invoke("logins", "list", "--json", env=served.environment("ALICE")).stdout)
    assert [login["id"] for login in mine] == [alices]
    table = invoke("logins", "list", env=served.environment("AUDITOR")).stdout
    assert alices in table
    assert bobs in table
    ended = invoke("logins", "end", bobs, env=served.environment("ADMIN"))
    assert (ended.exit_code, ended.stdout) == (0, "The login of bob@example.com is over.\n")
    again = invoke("logins", "end", bobs, env=served.environment("ADMIN"))
    assert (again.exit_code, again.stderr.partition(":")[0]) == (1, "login-over")
    foreign = invoke("logins", "end", alices, env=served.environment("AUDITOR"))
    assert (foreign.exit_code, foreign.stderr.partition(":")[0]) == (1, "forbidden")
