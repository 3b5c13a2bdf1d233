"""Asking "why not?" and "what can I have?" from a terminal."""

import json

from tests.cli.conftest import Invoke, Served

PRODUCTION = ["--target", "shop-prod/AdministratorAccess", "--justification", "Order 4711 hangs"]


def test_a_refusal_comes_first_then_why_then_what_to_do(invoke: Invoke, served: Served) -> None:
    result = invoke(
        "request", *PRODUCTION, "--duration", "4h30m", "--dry-run", env=served.environment("ALICE")
    )
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == (
        "REFUSED: PT4H30M is longer than the PT4H that prod-admin allows (duration-out-of-bounds)"
    )
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings[1:] == ["Why", "Who approves", "What to do"]
    assert "    NO  PT4H30M is longer than the PT4H that prod-admin allows" in lines
    assert "    yes alice@example.com is among the requesters of prod-admin" in lines
    advice = lines[lines.index("What to do") + 1 :]
    assert advice[:2] == ["  1. ask for PT4H, PT30M less", "     --duration PT4H"]


def test_what_would_be_asked_says_who_would_be(invoke: Invoke, served: Served) -> None:
    before = invoke("requests", "--json", env=served.environment("AUDITOR")).stdout
    result = invoke("request", *PRODUCTION, "--dry-run", env=served.environment("ALICE"))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("NEEDS APPROVAL: this could be asked for under prod-admin.\n")
    assert "lead: 1 of carol@example.com, dave@example.com" in result.stdout
    assert "What to do" not in result.stdout
    assert invoke("requests", "--json", env=served.environment("AUDITOR")).stdout == before


def test_what_is_given_at_once_says_until_when(invoke: Invoke, served: Served) -> None:
    asked = ["--target", "playground/PowerUserAccess", "--justification", "trying", "--dry-run"]
    result = invoke("request", *asked, env=served.environment("ALICE"))
    assert result.stdout.startswith("GRANTED: this would be given at once under playground.\n")
    assert "if it were given now" in result.stdout
    shown = json.loads(invoke("request", *asked, "--json", env=served.environment("ALICE")).stdout)
    assert (shown["decision"], shown["entitlement"]) == ("granted", "playground")


def test_what_was_not_looked_at_for_one_cause_is_one_line(invoke: Invoke, served: Served) -> None:
    asked = [*PRODUCTION, "--dry-run", "--entitlement", "playground"]
    lines = invoke("request", *asked, env=served.environment("ALICE")).stdout.splitlines()
    (told,) = [line for line in lines if "not looked at" in line]
    assert told.startswith("    -   duration, minimum_duration, earliest_start, ")
    assert told.endswith(" was not looked at: playground does not reach account shop-prod (111122223333)")


def test_words_that_mean_nothing_fail_as_ever(invoke: Invoke, served: Served) -> None:
    asked = ["--target", "nowhere/PowerUserAccess", "--justification", "trying", "--dry-run"]
    result = invoke("request", *asked, env=served.environment("ALICE"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("unknown-account: ")


def test_a_start_and_a_beneficiary_are_sent_along(invoke: Invoke, served: Served) -> None:
    asked = [*PRODUCTION, "--dry-run", "--starts-at", "2020-01-01T00:00:00Z"]
    past = invoke("request", *asked, env=served.environment("ALICE"))
    assert past.stdout.startswith("REFUSED: a start cannot lie in the past")
    assert "     (no --starts-at)" in past.stdout.splitlines()
    asked = [*PRODUCTION, "--dry-run", "--beneficiary", "dave@example.com"]
    other = invoke("request", *asked, env=served.environment("ALICE"))
    assert other.stdout.startswith("REFUSED: ")
    assert "(no --beneficiary)" in other.stdout
    odd = invoke("request", *PRODUCTION, "--starts-at", "tomorrow", env=served.environment("ALICE"))
    assert (odd.exit_code, odd.stderr.splitlines()[1].split(":")[0].strip()) == (1, "starts_at")


def test_what_can_be_asked_for_is_listed(invoke: Invoke, served: Served) -> None:
    alice = served.environment("ALICE")
    table = invoke("entitlements", "list", "--relation", "requester", env=alice)
    assert table.exit_code == 0, table.output
    assert any(line.startswith("prod-admin") and "shop-prod" in line for line in table.stdout.splitlines())
    found = json.loads(invoke("entitlements", "list", "--q", "playground", "--json", env=alice).stdout)
    assert "playground" in [one["name"] for one in found]


def test_an_entitlement_is_described_rule_by_rule(invoke: Invoke, served: Served) -> None:
    alice = served.environment("ALICE")
    told = invoke("entitlements", "describe", "Prod-Admin", "--accounts", env=alice).stdout
    for part in (
        "prod-admin: Administrator in the production accounts",
        "you are",
        "shop-prod",
        "1 of security (security), for longer than PT2H",
        "at most 1, of PT1H each",
    ):
        assert part in told
    missing = invoke("entitlements", "describe", "nothing", env=alice)
    assert (missing.exit_code, missing.stderr.split(":")[0]) == (1, "not-found")
