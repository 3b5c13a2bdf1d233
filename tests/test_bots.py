"""What docs/bots.md shows works: its commands, its calls, its pattern and its checksum."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from typer.main import get_command

from protem.api.routers import ROUTERS
from protem.broker import credentials
from protem.cli import tokens
from protem.domain.authority import Scope

PAGE = (Path(__file__).parent.parent / "docs" / "bots.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [line for line in SHELL.splitlines() if line.startswith("protem ")]
CALLS = [line for line in SHELL.splitlines() if line.startswith("curl ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_its_commands_are_there(line: str) -> None:
    without_files = re.sub(r" [<>] \S+$", "", line).replace("$TOKEN_ID", "0" * 32)
    _, group, name, *arguments = shlex.split(without_files)
    assert group == "tokens"
    command: Any = get_command(tokens.app)
    command.commands[name].make_context(name, arguments)  # raises for what it does not know


@pytest.mark.parametrize("line", CALLS)
def test_its_calls_have_a_route(line: str) -> None:
    words = shlex.split(line)
    (address,) = (word for word in words if word.startswith("$PROTEM/"))
    path = re.sub(r"\$[A-Z]+", "0" * 32, address.removeprefix("$PROTEM").partition("?")[0])
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-d" in words else "GET"
    routes = [route for router in ROUTERS for route in iter_route_contexts(router.routes)]
    assert [route for route in routes if route.path_regex.match(path) and method in (route.methods or ())]


@pytest.mark.parametrize("line", [line for line in CALLS if "-d" in line])
def test_its_bodies_are_json(line: str) -> None:
    words = shlex.split(line)
    assert isinstance(json.loads(words[words.index("-d") + 1]), dict)


def test_it_explains_every_scope() -> None:
    assert set(re.findall(r"^\| `([a-z_:]+)` \|", PAGE, re.MULTILINE)) == {scope.value for scope in Scope}


def test_its_pattern_finds_every_token() -> None:
    (pattern,) = re.findall(r"```\n(protem_.*)\n```", PAGE)
    for secret in (credentials.new() for _ in range(100)):
        assert re.findall(pattern, f"TOKEN={secret}\n") == [secret]


def test_its_checksum_is_that_of_the_tokens() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    shown: dict[str, Any] = {}
    exec(source, shown)  # noqa: S102 - the page is ours
    for secret in (credentials.new() for _ in range(100)):
        assert shown["is_token"](secret)
        changed = secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:]
        for wrong in (changed, secret[:-1], secret + "0", secret.upper()):
            assert shown["is_token"](wrong) is credentials.well_formed(wrong) is False
