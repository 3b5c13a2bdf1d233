"""Documentation that falls behind fails here: what exists has its heading, and what is linked exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from protem.api.problems import by_code
from protem.broker import documents
from protem.broker.documents import language
from protem.broker.documents.schema import published
from protem.cli.commands import app
from protem.cli.environment import OF_THE_CLIENT, variable
from protem.domain.events import EventType
from protem.domain.lifecycle import EndReason, GrantState, RequestState
from protem.settings import Settings

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text())


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)


def named(page: str) -> set[str]:
    """Return what has a heading of its own, written as code."""
    return {heading.strip("`") for heading in headings(DOCS / page) if heading.startswith("`")}


def commands() -> Iterator[str]:
    group: Any = get_command(app)
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield from (f"protem {name} {inner}" for inner in getattr(command, "commands", ()))
        if not hasattr(command, "commands"):
            yield f"protem {name}"


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_setting_and_no_other_has_its_heading() -> None:
    assert named("configuration.md") == {variable(name) for name in Settings.model_fields} | OF_THE_CLIENT


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_default_of_every_setting_is_the_one_that_is_written_down(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable(name), raising=False)
    default = Settings.model_fields[name].default
    if hasattr(default, "get_secret_value"):
        default = default.get_secret_value()
    elif default is not None:
        default = Settings().model_dump(mode="json")[name]
    written = "none" if default in (None, "") else f"`{default}`"
    assert f"## `{variable(name)}`\n\nDefault: {written}\n" in (DOCS / "configuration.md").read_text()


def test_every_problem_has_its_heading() -> None:
    assert named("problems.md") == set(by_code())


def test_every_state_and_reason_has_its_heading() -> None:
    assert named("concepts.md") == {*RequestState, *GrantState, *EndReason}


def test_every_event_has_its_heading() -> None:
    assert named("events.md") == set(EventType)


def test_every_command_has_its_heading() -> None:
    assert {name for name in named("cli.md") if name.startswith("protem ")} == set(commands())


def test_every_key_of_the_language_has_its_heading() -> None:
    assert named("entitlements.md") == {*language.Entitlement.model_fields, "trusted_tags"}
    explained = prose(DOCS / "entitlements.md")
    parts = published()["$defs"].values()
    assert [key for part in parts for key in part["properties"] if f"`{key}`" not in explained] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_example_of_entitlements_is_valid(page: Path) -> None:
    for example in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        if "entitlements:" in example:
            documents.parse(example, file=page.name)


def test_the_readme_shows_the_commands_that_the_demo_prints() -> None:
    printed = (CHECKOUT / "src/protem/cli/demo/walkthrough.sh").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    shown = [block for block in blocks if "protem " in block]
    assert len(shown) == 5
    assert [block for block in shown if block not in printed] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        if fragment:
            assert fragment in {anchor(heading) for heading in headings(target)}, link


def test_every_page_is_reached_from_the_index() -> None:
    indices = [(DOCS / "README.md").read_text(), (DOCS / "decisions/README.md").read_text()]
    pages = {page.name for page in DOCS.rglob("*.md") if page.name != "README.md"}
    assert [page for page in pages if not any(f"({page})" in index for index in indices)] == []
