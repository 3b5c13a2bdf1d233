"""Webhooks from a terminal, against the API on a real port."""

import json
from typing import Any

from tests.cli.conftest import Invoke, Served

URL = "https://bot.example/hook"


def run(invoke: Invoke, served: Served, *arguments: str) -> Any:
    result = invoke("webhooks", *arguments, env=served.environment("ADMIN"))
    assert result.exit_code == 0, result.output
    return result


def test_a_webhook_is_made_changed_and_deleted(invoke: Invoke, served: Served) -> None:
    made = run(invoke, served, "create", URL, "--type", "grant.*", "--description", "chat")
    secret = made.stdout.strip()
    assert secret.startswith("whsec_")
    (listed,) = json.loads(run(invoke, served, "list", "--json").stdout)
    assert secret not in json.dumps(listed)
    shown = run(invoke, served, "edit", listed["id"], "--all-types", "--disable").stdout
    assert "is disabled: admin:" in shown
    assert "all" in shown
    run(invoke, served, "edit", listed["id"], "--enable")
    rotated = run(invoke, served, "rotate", listed["id"], "--overlap", "1h").stdout.strip()
    assert rotated not in ("", secret)
    assert "signs until" in run(invoke, served, "show", listed["id"]).stdout
    delivery = json.loads(run(invoke, served, "test", listed["id"], "--json").stdout)
    table = run(invoke, served, "deliveries", listed["id"]).stdout
    assert delivery["id"] in table
    assert "test" in table
    assert "is deleted" in run(invoke, served, "delete", listed["id"]).stdout
    gone = invoke("webhooks", "show", listed["id"], env=served.environment("ADMIN"))
    assert (gone.exit_code, gone.stderr.partition(":")[0]) == (1, "not-found")


def test_what_could_not_work_is_told_in_words(invoke: Invoke, served: Served) -> None:
    result = invoke("webhooks", "create", "http://127.0.0.1/", env=served.environment("ADMIN"))
    assert result.exit_code == 1
    assert "PROTEM_WEBHOOK_NETWORKS" in result.stderr
