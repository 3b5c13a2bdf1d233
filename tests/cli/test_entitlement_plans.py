"""Plans for people to read, and versions to go back to, from a terminal."""

import json
from pathlib import Path

import pytest

from protem.cli import plans
from protem.cli.demo.world import source
from tests.cli.conftest import Invoke, Served

EXTRA = """
  - name: extra
    requesters: {users: [judy@example.com]}
    permission_sets: {names: [ReadOnlyAccess]}
    accounts: {ids: ["666677778888"]}
    duration: {default: PT1H, maximum: PT8H}
"""


def write(document: Path, text: str) -> str:
    document.write_text(text)
    return str(document)


def test_a_plan_shows_who_gains_and_loses_what(invoke: Invoke, served: Served, document: Path) -> None:
    kept = source().split("  - name: look-around")[0]
    result = invoke("entitlements", "plan", write(document, kept + EXTRA), env=served.environment("ADMIN"))
    lines = result.stdout.splitlines()
    assert (
        lines[lines.index("+ extra") + 1]
        == "    + judy@example.com: ReadOnlyAccess in playground (666677778888)"
    )
    lost = lines[lines.index("- look-around") + 1]
    assert lost.startswith("    - ")
    assert "ReadOnlyAccess" in lost


def test_an_approval_that_is_dropped_stands_out(invoke: Invoke, served: Served, document: Path) -> None:
    text = source()
    before, _, rest = text.partition("    approval:\n      expires_after: PT2H\n")
    after = rest[rest.index("    extension:") :]
    result = invoke("entitlements", "plan", write(document, before + after), env=served.environment("ADMIN"))
    assert "    + easier: approval is no longer needed" in result.stdout.splitlines()


def test_strict_fails_and_names_what_is_odd(invoke: Invoke, served: Served, document: Path) -> None:
    admin = served.environment("ADMIN")
    file = write(document, source() + EXTRA.replace("judy@", "jduy@"))
    for verb in ("plan", "apply", "check"):
        assert invoke("entitlements", verb, "--strict", file, env=admin, answers="n\n").exit_code == 1
    refused = invoke("entitlements", "plan", "--strict", file, env=admin)
    assert refused.stderr.startswith("entitlements-invalid: ")
    assert "jduy@example.com" in refused.stderr
    assert invoke("entitlements", "check", file).exit_code == 0


def test_a_file_may_come_from_standard_input(invoke: Invoke, served: Served) -> None:
    admin = served.environment("ADMIN")
    assert "nothing wrong" in invoke("entitlements", "check", "-", answers=source()).stdout
    assert invoke("entitlements", "plan", "-", env=admin, answers=source()).exit_code == 0
    nobody_to_ask = invoke("entitlements", "apply", "-", env=admin, answers=source())
    assert nobody_to_ask.exit_code == 2
    assert "--yes" in nobody_to_ask.stderr


def test_the_schema_asks_nobody(invoke: Invoke) -> None:
    schema = json.loads(invoke("entitlements", "schema").stdout)
    assert "entitlements" in schema["properties"]


def test_versions_are_listed_compared_and_gone_back_to(
    invoke: Invoke, served: Served, document: Path
) -> None:
    admin = served.environment("ADMIN")

    def run(*arguments: str) -> str:
        result = invoke("entitlements", *arguments, env=admin)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    text = source() + EXTRA
    run("apply", "--yes", write(document, text))
    newest = json.loads(run("versions", "--json"))[0]["version"]
    assert run("versions", "--limit", "1").splitlines()[1].split()[0] == str(newest)
    assert run("show", str(newest)) == text
    assert json.loads(run("show", str(newest), "--json"))["source"] == text
    assert run("diff", str(newest - 1), str(newest)) == "+ extra\n"
    assert run("diff", str(newest), str(newest)) == "They mean the same.\n"
    back = run("apply", "--yes", write(document, run("show", str(newest - 1))))
    assert "- extra" in back.splitlines()
    assert back.endswith(f"Version {newest + 1} is in force.\n")
    missing = invoke("entitlements", "show", "999", env=admin)
    assert (missing.exit_code, missing.stderr.split(":")[0]) == (1, "not-found")


def test_what_hangs_on_a_removed_entitlement_is_said_and_ended(
    invoke: Invoke, served: Served, document: Path
) -> None:
    admin, alice = served.environment("ADMIN"), served.environment("ALICE")
    asking = ("--target", "playground/ReadOnlyAccess", "--entitlement", "playground", "-j", "to try it out")
    asked = invoke("request", *asking, env=alice)
    assert asked.exit_code == 0, asked.stderr
    gone = source().replace("  - name: playground\n", "  - name: playground-two\n")
    applied = invoke("entitlements", "apply", "--yes", "--end-grants", write(document, gone), env=admin)
    assert "Ending 1 grant under what was removed." in applied.stdout.splitlines()
    grants = json.loads(invoke("grants", "--json", env=alice).stdout)
    assert "no longer has the one that gave this" in grants[0]["revoke_comment"]
    invoke("entitlements", "apply", "--yes", write(document, source()), env=admin)


NOTHING = {"base_version": 1, "added": [], "removed": [], "changed": []}


def test_a_pipe_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    plans.show({**NOTHING, "unchanged": True, "warnings": ["odd"]})
    assert capsys.readouterr().out == "Version 1 means the same; nothing would change.\n! odd\n"


def test_nothing_in_a_plan_can_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    plans.show({**NOTHING, "unchanged": False, "warnings": ["\x1b[2J"]})
    assert capsys.readouterr().out == "! \\x1b[2J\n"
