"""docs/aws.md says what is called, and what refusals are taken to mean."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from protem.identity_center.aws import Connection
from protem.identity_center.values import AssignmentKey, Holder, OperationKind, PrincipalType
from protem.reconciler.outcomes import TABLE, Rule
from protem.sandbox import Demo, Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "aws.md").read_text(encoding="utf-8")

ONLY_WITHOUT_PATHS = {"ListParents"}
"""Called only of an AWS that lists accounts without their paths, which the sandbox does not imitate."""


def rows_below(heading: str) -> Iterable[list[str]]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture
def documented() -> dict[str, str]:
    rows = list(rows_below("Calls, and the permission for each"))[1:]
    return {operation.strip("`"): permissions for operation, permissions, _ in rows}


def test_every_operation_that_is_called_is_documented_and_no_other(
    connection: Connection, sandbox: Sandbox, demo: Demo, documented: dict[str, str]
) -> None:
    key = AssignmentKey(
        instance_arn=sandbox.instance_arn,
        account_id=demo.accounts["playground"],
        permission_set_arn=demo.permission_sets["AdministratorAccess"],
        principal_id=demo.users["alice"],
    )
    begun = connection.assignments.create(key)
    connection.assignments.describe(
        OperationKind.CREATE, instance_arn=key.instance_arn, operation_id=begun.id
    )
    sandbox.clock.sleep(60)
    ended = connection.assignments.delete(key)
    connection.assignments.describe(
        OperationKind.DELETE, instance_arn=key.instance_arn, operation_id=ended.id
    )
    place = {"instance_arn": key.instance_arn, "permission_set_arn": key.permission_set_arn}
    connection.assignments.holders(account_id=key.account_id, **place)
    for kind in OperationKind:
        connection.assignments.running(kind, instance_arn=key.instance_arn)
    newcomer = sandbox.directory.add_user(user_name="newcomer")
    connection.assignments.held_by(Holder(PrincipalType.USER, newcomer), instance_arn=key.instance_arn)
    directory = connection.directory
    directory.instances()
    directory.permission_sets(sandbox.instance_arn)
    directory.users(sandbox.identity_store_id)
    directory.groups(sandbox.identity_store_id)
    directory.organizational_units()
    directory.accounts()
    directory.accounts_provisioned(**place)
    called = {call.operation for call in sandbox.calls.all()}
    assert called | ONLY_WITHOUT_PATHS == documented.keys()


def test_every_permission_is_named_after_its_operation(documented: dict[str, str]) -> None:
    for operation, permissions in documented.items():
        for permission in permissions.split(", "):
            assert re.fullmatch(rf"`(sso|identitystore|organizations):{operation}`", permission)


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: f"{rule.act}-{rule.code}-{rule.pattern}")
def test_every_line_of_the_table_of_outcomes_is_explained(rule: Rule) -> None:
    act = {"look": "list"}.get(rule.act.value, rule.act.value)
    lines = [row for row in rows_below("What AWS's refusals mean") if row[0] == act]
    assert any(f"`{rule.code}`" in reasons for _, reasons, _ in lines)
