"""The JSON Schema of the language: what editors let pass, and what they mark."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from protem.broker.documents.schema import DIALECT, published
from tests.broker.schemas import complaints
from tests.broker.writing import written

CHECKOUT = Path(__file__).parents[2]
DEMO = CHECKOUT / "src/protem/cli/demo/entitlements.yaml"


def examples() -> Iterator[str]:
    yield DEMO.read_text()
    for page in sorted(CHECKOUT.glob("docs/*.md")):
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
        yield from (block for block in blocks if "entitlements:" in block)


def objects(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every description of a mapping whose keys are known."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from objects(inner)
    if isinstance(part, dict) and isinstance(part.get("properties"), dict) and part.get("type") == "object":
        yield part


def test_it_says_what_it_is() -> None:
    schema = published()
    assert (schema["$schema"], schema["title"]) == (DIALECT, "Entitlements of Protem")
    assert schema["$id"].startswith("urn:protem:entitlements:")


def test_every_key_has_a_title_and_a_description_and_no_other_is_let_pass() -> None:
    found = list(objects(published()))
    assert len(found) > 10
    for part in found:
        assert part["additionalProperties"] is False
        assert all(key.get("title") and key.get("description") for key in part["properties"].values())


@pytest.mark.parametrize("example", [*examples()])
def test_every_example_passes(example: str) -> None:
    assert list(complaints(yaml.safe_load(example), published())) == []


STEP = "{steps: [{name: a, approvers: {users: [x]}, %s}]}"


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("requestors", "{users: [a]}", ".requestors: unknown"),
        ("requesters", "{}", ".requesters: Properties"),
        ("requesters", "{users: alice}", ".requesters.users: no array"),
        ("requesters", "{users: []}", ".requesters.users: Items"),
        ("permission_sets", "{names: ['Read*']}", ".permission_sets.names[0]: none of the choices"),
        ("permission_sets", "{patterns: ['[a-z]']}", r".permission_sets.patterns[0]: not like ^[*?\w+=,.@-]"),
        ("accounts", "{ids: ['1234']}", r".accounts.ids[0]: not like ^\d{12}$"),
        ("accounts", "{excluded: [a]}", ".accounts.excluded: unknown"),
        ("accounts", "{tags: {env: []}}", ".accounts.tags.env: none of the choices"),
        ("duration", "{default: PT1H}", ".duration.maximum: missing"),
        ("duration", "{default: 1h, maximum: PT4H}", ".duration.default: not like ^P"),
        ("duration", "{default: PT1H, maximum: PT}", ".duration.maximum: not like ^P"),
        ("justification", "{minimum_length: 0}", ".justification.minimum_length: range"),
        ("maximum_concurrent", "0", ".maximum_concurrent: range"),
        ("break_glass", "'yes'", ".break_glass: no boolean"),
        ("on_eligibility_lost", "stop", ".on_eligibility_lost: none of ['keep', 'end']"),
        (
            "allowed_hours",
            "{time_zone: UTC, windows: [{days: [monday], from: '08:00', to: '18:00'}]}",
            ".allowed_hours.windows[0].days[0]: none of ['mon'",
        ),
        (
            "allowed_hours",
            "{time_zone: UTC, windows: [{days: [mon], from: '8:00', to: '18:00'}]}",
            ".allowed_hours.windows[0].from: not like",
        ),
        (
            "allowed_hours",
            "{time_zone: UTC, windows: [{days: [mon], from: '24:00', to: '24:00'}]}",
            ".allowed_hours.windows[0].from: not like",
        ),
        ("approval", "{}", ".approval.steps: missing"),
        ("approval", STEP % "required: 101", ".approval.steps[0].required: range"),
        ("approval", STEP % "when: {}", ".approval.steps[0].when: none of the choices"),
        ("approval", STEP % "when: {duration: PT1H}", ".approval.steps[0].when: none of the choices"),
        ("requesters", "{owner_tag: owner}", ".requesters.owner_tag: unknown"),
    ],
)
def test_typical_mistakes_are_marked(key: str, value: str, complaint: str) -> None:
    found = next(complaints(yaml.safe_load(written(**{key: value})), published()))
    assert found.startswith(f".entitlements[0]{complaint}")
