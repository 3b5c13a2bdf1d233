"""Entitlements from a terminal: checked here, planned and applied over the API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from protem.broker.documents.schema import published
from protem.broker.documents.tags import TAG_KEYS
from protem.cli.demo.world import source
from tests.cli.conftest import Invoke, Served


def change(document: Path, old: str, new: str) -> str:
    text = document.read_text()
    assert old in text
    document.write_text(text.replace(old, new))
    return str(document)


def keys(part: Any, *, under: str = "") -> Iterator[str]:
    """Yield the place of every key that an author wrote, without the names of tags."""
    for key, value in part.items() if isinstance(part, dict) else ():
        yield f"{under}{key}"
        if key not in TAG_KEYS:
            yield from keys(value, under=f"{under}{key}.")
    for item in part if isinstance(part, list) else ():
        yield from keys(item, under=under)


def possible(part: Any, parts: Any, *, under: str = "") -> Iterator[str]:
    """Yield the place of every key that the schema has."""
    for choice in (part, part.get("items", {}), *part.get("anyOf", ())):
        found = parts.get(choice.get("$ref", "").rpartition("/")[2], choice)
        for key, value in found.get("properties", {}).items():
            yield f"{under}{key}"
            yield from possible(value, parts, under=f"{under}{key}.")


def test_the_demo_shows_every_key_of_the_language() -> None:
    schema = published()
    shown = set(keys(yaml.safe_load(source())))
    # What may be said of people and permission sets is the same wherever they stand: once is enough.
    elsewhere = ("requesters_for.", "notify.", "steps.approvers.", "when.permission_sets.")
    missing = {key for key in possible(schema, schema["$defs"]) if key not in shown}
    assert {key for key in missing if not any(place in key for place in elsewhere)} == set()
    assert {"entitlements.notify.groups", "entitlements.approval.steps.approvers.owner_tag"} <= shown


def test_checking_asks_nobody(invoke: Invoke, document: Path) -> None:
    result = invoke("entitlements", "check", str(document))
    assert result.exit_code == 0
    assert result.stdout.endswith("rules.yaml: 8 entitlements, nothing wrong.\n")


def test_checking_names_file_line_and_field(invoke: Invoke, document: Path) -> None:
    file = change(document, "requesters: {groups: [developers", "requestors: {groups: [developers")
    result = invoke("entitlements", "check", file)
    assert result.exit_code == 1
    assert f"entitlements[0].requestors: {file}:17:5: is not a key of the language" in result.stderr


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_a_wrong_argument(
    invoke: Invoke, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "rules.yaml"
    if content:
        path.write_bytes(content)
    assert invoke("entitlements", "check", str(path)).exit_code == 2


def test_a_plan_shows_what_would_change(invoke: Invoke, served: Served, document: Path) -> None:
    change(document, "name: look-around", "name: look")
    change(document, "groups: [sre-leads]", "groups: [sre-leaders]")
    file = change(document, "PT30M, maximum: PT4H", "PT30M, maximum: PT2H")
    result = invoke("entitlements", "plan", file, env=served.environment("ADMIN"))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert {"+ look", "- look-around", "~ prod-admin", "    duration.maximum: PT4H -> PT2H"} <= set(lines)
    assert any("'sre-leaders', which the catalogue does not know" in line for line in lines)


def test_applying_asks_first_and_says_which_version(invoke: Invoke, served: Served, document: Path) -> None:
    admin = served.environment("ADMIN")
    file = change(document, "description: Try things out", "description: Play")
    assert invoke("entitlements", "apply", file, env=admin, answers="n\n").exit_code == 1
    before = json.loads(invoke("entitlements", "plan", file, "--json", env=admin).stdout)["base_version"]
    applied = invoke("entitlements", "apply", file, env=admin, answers="y\n")
    assert applied.stdout.endswith(f"Version {before + 1} is in force.\n")
    again = invoke("entitlements", "apply", file, env=admin)
    assert "nothing would change" in again.stdout
    assert again.stdout.endswith(f"Version {before + 1} is in force.\n")


def test_mistakes_that_the_server_finds_name_the_file_here(
    invoke: Invoke, served: Served, document: Path
) -> None:
    file = change(document, "PT30M, maximum: PT4H", "PT30M, maximum: PT4X")
    result = invoke("entitlements", "apply", file, "--yes", env=served.environment("ADMIN"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"entitlements-invalid: 1 thing is wrong in {file}")
    assert f"entitlements[1].duration.maximum: {file}:31:41: " in result.stderr


def test_only_an_admin_plans(invoke: Invoke, served: Served, document: Path) -> None:
    result = invoke("entitlements", "plan", str(document), env=served.environment("AUDITOR"))
    assert (result.exit_code, result.stderr.split(":")[0]) == (1, "forbidden")
