"""Locking, looking and unlocking from a terminal, against the API on a real port."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Invoke, Served

WHY = ["--reason", "Her laptop was stolen"]


def lock(invoke: Invoke, served: Served, *arguments: str) -> dict[str, Any]:
    result = invoke("lock", *arguments, *WHY, "--json", env=served.environment("ADMIN"))
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(result.stdout)
    return made


def test_a_lock_keeps_people_from_asking_until_it_is_lifted(invoke: Invoke, served: Served) -> None:
    made = lock(invoke, served, "permission-set", "poweruseraccess", "--for", "4h")
    assert (made["kind"], made["subject"]["name"]) == ("permission_set", "PowerUserAccess")
    asking = ["request", "--target", "playground/PowerUserAccess", "--justification", "Order 4711 hangs"]
    refused = invoke(*asking, env=served.environment("ALICE"))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("locked: locked until ")
    assert "Her laptop was stolen" in refused.stderr
    table = invoke("locks", "--holding", env=served.environment("AUDITOR")).stdout
    assert made["id"] in table
    assert "permission set PowerUserAccess" in table
    lifted = invoke("unlock", made["id"], env=served.environment("ADMIN"))
    assert "was lifted by admin:" in lifted.stdout
    assert made["id"] not in invoke("locks", "--holding", env=served.environment("AUDITOR")).stdout
    assert invoke(*asking, env=served.environment("ALICE")).exit_code == 0
    again = invoke("unlock", made["id"], env=served.environment("ADMIN"))
    assert (again.exit_code, again.stderr.partition(":")[0]) == (1, "lock-over")


def test_everything_is_locked_in_words_that_say_so(invoke: Invoke, served: Served) -> None:
    result = invoke("lock", "Everything", *WHY, env=served.environment("ADMIN"))
    assert result.stdout.splitlines()[0].endswith("on everything holds")
    (held,) = json.loads(invoke("locks", "--holding", "--json", env=served.environment("ADMIN")).stdout)
    assert invoke("unlock", held["id"], env=served.environment("ADMIN")).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["planet", "earth"], "a lock is on one of"),
        (["account"], "subject"),
        (["everything", "shop-prod"], "subject"),
        (["account", "nowhere"], "unknown-account"),
        (["account", "shop-prod", "--for", "soon"], "write a duration like"),
    ],
)
def test_a_lock_on_nothing_is_refused_in_words(
    invoke: Invoke, served: Served, arguments: list[str], says: str
) -> None:
    result = invoke("lock", *arguments, *WHY, env=served.environment("ADMIN"))
    assert result.exit_code != 0
    assert says in result.stderr


def test_only_admins_lock(invoke: Invoke, served: Served) -> None:
    result = invoke("lock", "everything", *WHY, env=served.environment("AUDITOR"))
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "forbidden")
