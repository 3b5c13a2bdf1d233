"""Asking, deciding, looking and revoking from a terminal, against the API on a real port."""

import json
import time
from typing import Any

import pytest

from protem.cli import client, waiting
from protem.cli.failures import Failure
from tests.cli.conftest import Invoke, Served

PLAYGROUND = ["--target", "playground/PowerUserAccess"]
PRODUCTION = ["--target", "shop-prod/AdministratorAccess"]
WHY = ["--justification", "Order 4711 hangs"]


def ask(invoke: Invoke, served: Served, *arguments: str) -> str:
    result = invoke("request", *arguments, *WHY, "--quiet", env=served.environment("ALICE"))
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def shown(invoke: Invoke, served: Served, request_id: str) -> dict[str, Any]:
    listed = invoke("requests", "--json", env=served.environment("AUDITOR"))
    return next(one for one in json.loads(listed.stdout) if one["id"] == request_id)


def test_waiting_for_access_comes_back_when_it_is_there(invoke: Invoke, served: Served) -> None:
    result = invoke(
        "request", *PLAYGROUND, *WHY, "--duration", "1h", "--wait", env=served.environment("ALICE")
    )
    assert result.exit_code == 0, result.output
    assert "active, until" in result.stdout
    grants = json.loads(invoke("grants", "--live", "--json", env=served.environment("ALICE")).stdout)
    assert [grant["state"] for grant in grants] == ["active"]
    revoked = invoke("revoke", grants[0]["id"], "--comment", "done", env=served.environment("ALICE"))
    assert revoked.exit_code == 0
    assert "relinquished" in revoked.stdout


def test_a_revoked_grant_is_shown_as_ended(invoke: Invoke, served: Served) -> None:
    ask(invoke, served, *PLAYGROUND, "--duration", "2m", "--wait")
    table = invoke("grants", "--state", "active", env=served.environment("ADMIN")).stdout
    grant_id = table.splitlines()[1].split()[0]
    assert invoke("revoke", grant_id, env=served.environment("ADMIN")).exit_code == 0
    again = invoke("revoke", grant_id, env=served.environment("ADMIN"))
    assert again.exit_code == 1
    assert again.stderr.startswith("already-revoked: ")
    deadline = time.monotonic() + 30
    while grant_id in invoke("grants", "--live", env=served.environment("ADMIN")).stdout:
        assert time.monotonic() < deadline


def test_approving_shows_first_what_is_approved(invoke: Invoke, served: Served) -> None:
    request_id = ask(invoke, served, *PRODUCTION, "--duration", "PT30M", "--ticket", "OPS-1")
    result = invoke("approve", request_id, env=served.environment("DAVE"), answers="y\n")
    assert result.exit_code == 0, result.output
    asked, _, answered = result.stdout.partition("Approve this?")
    for fact in (
        "alice@example.com",
        "AdministratorAccess in shop-prod",
        "PT30M",
        "Order 4711 hangs",
        "OPS-1",
    ):
        assert fact in asked
    assert "is approved" in answered


def test_saying_no_to_the_question_leaves_the_request_alone(invoke: Invoke, served: Served) -> None:
    request_id = ask(invoke, served, *PRODUCTION)
    assert invoke("approve", request_id, env=served.environment("DAVE"), answers="n\n").exit_code == 1
    assert shown(invoke, served, request_id)["state"] == "pending"


def test_an_approver_may_shorten(invoke: Invoke, served: Served) -> None:
    request_id = ask(invoke, served, *PRODUCTION, "--duration", "1h30m")
    result = invoke(
        "approve", request_id, "--yes", "--duration", "5m", "--json", env=served.environment("DAVE")
    )
    answered = json.loads(result.stdout)
    assert answered["duration"] == "PT1H30M"
    assert answered["decisions"][0]["duration"] == "PT5M"


def test_whoever_reads_a_request_is_told_that_an_approver_shortened_it(
    invoke: Invoke, served: Served
) -> None:
    request_id = ask(invoke, served, *PRODUCTION, "--duration", "1h30m")
    approved = invoke("approve", request_id, "--yes", "--duration", "5m", env=served.environment("DAVE"))
    assert "approve      dave@example.com for PT5M" in approved.stdout


def test_a_denial_says_why(invoke: Invoke, served: Served) -> None:
    request_id = ask(invoke, served, *PRODUCTION)
    denied = invoke("deny", request_id, "--yes", "--comment", "not today", env=served.environment("DAVE"))
    assert denied.exit_code == 0
    assert "deny         dave@example.com: not today" in denied.stdout


def test_waiting_for_a_request_that_is_denied_fails(
    invoke: Invoke, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = ask(invoke, served, *PRODUCTION)
    pending = shown(invoke, served, request_id)
    invoke("deny", request_id, "--yes", env=served.environment("DAVE"))
    for name, value in served.environment("ALICE").items():
        monkeypatch.setenv(name, value)
    with client.connect() as caller, pytest.raises(Failure, match="the request was denied"):
        waiting.until_active(caller, pending)


def test_a_bot_acts_as_people_and_is_named(invoke: Invoke, served: Served) -> None:
    bot = served.environment("SLACK")
    result = invoke("request", *PRODUCTION, *WHY, "--act-as", "alice@example.com", "--json", env=bot)
    asked = json.loads(result.stdout)
    assert (asked["requester"]["user_name"], asked["via"]) == ("alice@example.com", "slack")
    approved = invoke("approve", asked["id"], "--yes", "--act-as", "dave@example.com", env=bot)
    assert "approve      dave@example.com through slack" in approved.stdout


def test_withdrawing_ends_the_question(invoke: Invoke, served: Served) -> None:
    request_id = ask(invoke, served, *PRODUCTION)
    assert "is withdrawn" in invoke("withdraw", request_id, env=served.environment("ALICE")).stdout
    again = invoke("withdraw", request_id, env=served.environment("ALICE"))
    assert (again.exit_code, again.stderr.split(":")[0]) == (1, "request-answered")


def test_accounts_and_permission_sets_are_combined(invoke: Invoke, served: Served) -> None:
    arguments = [
        "--account",
        "shop-prod",
        "--account",
        "222211113333",
        "--permission-set",
        "AdministratorAccess",
    ]
    request_id = ask(invoke, served, *arguments)
    targets = shown(invoke, served, request_id)["targets"]
    assert [target["account"]["name"] for target in targets] == ["shop-prod", "data-prod"]


def test_lists_go_on_over_pages(invoke: Invoke, served: Served) -> None:
    made = [ask(invoke, served, *PRODUCTION) for _ in range(3)]
    listed = invoke("requests", "--limit", "2", "--json", env=served.environment("ALICE"))
    assert [one["id"] for one in json.loads(listed.stdout)] == made[:0:-1]
    pending = invoke(
        "requests", "--state", "pending", "--relation", "approver", env=served.environment("DAVE")
    )
    assert set(made) <= set(pending.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (["--target", "nowhere/ReadOnlyAccess"], "unknown-account", "targets"),
        (["--target", "shop-prod/Nothing"], "unknown-permission-set", "targets"),
        ([*PRODUCTION, "--duration", "5h"], "duration-out-of-bounds", "duration"),
        ([*PRODUCTION, "--entitlement", "nothing"], "unknown-entitlement", "entitlement"),
        ([*PRODUCTION, "--justification", "x"], "justification-refused", "justification"),
    ],
)
def test_a_refusal_names_its_code_a_sentence_and_the_field(
    invoke: Invoke, served: Served, arguments: list[str], code: str, field: str
) -> None:
    result = invoke("request", *WHY, *arguments, env=served.environment("ALICE"))
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()[:2]
    assert first.startswith(f"{code}: ")
    assert second.startswith(f"  {field}")


def test_for_scripts_a_refusal_is_json_too(invoke: Invoke, served: Served) -> None:
    result = invoke("request", *PRODUCTION, *WHY, "-d", "5h", "--json", env=served.environment("ALICE"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads(result.stderr)["code"] == "duration-out-of-bounds"


@pytest.mark.parametrize("request_id", ["01a20498-4cff-7149-883e-02a2aabc349c", "../tokens", "?", "x y"])
def test_an_id_that_is_none_is_refused(invoke: Invoke, served: Served, request_id: str) -> None:
    result = invoke("approve", request_id, "--yes", env=served.environment("DAVE"))
    assert result.exit_code == 1
    assert result.stderr.split(":")[0] in {"not-found", "invalid-input", "no-such-path"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["request", *WHY],
        ["request", "--target", "shop-prod", *WHY],
        ["request", "--account", "shop-prod", *WHY],
        ["request", *PRODUCTION, "--duration", "soon"],
        ["request", *PRODUCTION, "--duration", "P1M"],
        ["grants", "--limit", "0"],
        ["requests", "--unknown"],
    ],
)
def test_a_command_that_cannot_work_is_refused_before_anything_is_sent(
    invoke: Invoke, served: Served, arguments: list[str]
) -> None:
    assert invoke(*arguments, env=served.environment("ALICE")).exit_code == 2


def test_whoami_names_person_groups_and_the_service_between(invoke: Invoke, served: Served) -> None:
    alice = invoke("whoami", env=served.environment("ALICE")).stdout
    assert "rights of alice@example.com, in platform-engineers" in alice
    bot = invoke("whoami", "--act-as", "dave@example.com", env=served.environment("SLACK")).stdout
    assert "rights of dave@example.com, through slack, in sre-leads" in bot
    refused = invoke("whoami", "--act-as", "dave@example.com", env=served.environment("ALICE"))
    assert refused.stderr.startswith("act-as-refused: ")
