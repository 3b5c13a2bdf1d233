"""What the documentation shows of AWS's policies is what the command prints."""

import re
import shlex
from pathlib import Path

import pytest

from protem.identity_center.permissions import PERMISSIONS
from tests.cli.conftest import Invoke

PAGE = (Path(__file__).parents[2] / "docs" / "aws.md").read_text()
EXAMPLES = re.findall(r"```console\n\$ (protem iam-policy[^\n]*)\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_what_the_page_shows_is_what_the_command_prints(invoke: Invoke, command: str, shown: str) -> None:
    result = invoke(*shlex.split(command)[1:])
    assert result.stdout == shown


def test_a_role_in_the_management_account_has_to_name_it(invoke: Invoke) -> None:
    result = invoke("iam-policy", "--deployment", "management")
    assert result.exit_code == 2
    assert "--management-account" in result.stderr


@pytest.mark.parametrize("wrong", [("--instance", "ssoins-1"), ("--tag", "protem"), ("--tag", "=yes")])
def test_options_that_mean_nothing_are_refused(invoke: Invoke, wrong: tuple[str, str]) -> None:
    assert invoke("iam-policy", *wrong).exit_code == 2


def test_the_page_has_a_line_for_every_operation_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([\w:]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(one.operation, one.action, one.why) for one in PERMISSIONS]
