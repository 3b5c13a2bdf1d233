"""What credentials may do is found out by harmless calls, and said where it cannot be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from protem.identity_center import permissions
from protem.identity_center.aws import reads, rights
from protem.identity_center.aws.rights import Examination, Right, Verdict
from protem.identity_center.permissions import PERMISSIONS, Use
from protem.sandbox import Demo, Fault, Sandbox
from tests.clocks import ManualClock
from tests.identity_center.sessions import session_of_nobody

GATEWAY = Path(rights.__file__).parent
SERVICES = {
    "assignments.py": "sso-admin",
    "directory.py": "sso-admin",
    "permission_sets.py": "sso-admin",
    "people.py": "identitystore",
    "organization.py": "organizations",
}
DENIED = Fault.refuse("AccessDeniedException", "You do not have permission.")


def called(source: Path) -> Iterator[str]:
    """Yield the client methods that a module calls, and the lists that it pages through."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if ast.unparse(node.func.value) != "self._client":
                continue
            if node.func.attr == "get_paginator":
                yield ast.literal_eval(node.args[0])
            else:
                yield node.func.attr


def test_the_table_has_what_the_code_can_call_and_nothing_else() -> None:
    found = {(service, method) for name, service in SERVICES.items() for method in called(GATEWAY / name)}
    assert found == {(one.service, xform_name(one.operation)) for one in PERMISSIONS}


def test_no_other_module_has_a_client_of_its_own() -> None:
    with_clients = {path.name for path in GATEWAY.glob("*.py") if "self._client" in path.read_text()}
    assert with_clients - {"rights.py"} == set(SERVICES)


def test_every_operation_is_one_of_its_service() -> None:
    models = botocore.session.get_session()
    for one in PERMISSIONS:
        assert one.operation in models.get_service_model(one.service).operation_names, one


def test_every_read_of_the_table_is_tried() -> None:
    tried = [reads.FIRST, *reads.READS]
    assert sorted((one.service, one.operation) for one in tried) == sorted(
        (one.service, one.operation) for one in PERMISSIONS if one.use is Use.READ
    )


def test_what_is_allowed_by_one_action_is_named_once() -> None:
    assert len(permissions.BY_ACTION) == len(PERMISSIONS)


@pytest.fixture
def examination(sandbox: Sandbox, demo: Demo, clock: ManualClock) -> Examination:
    session = session_of_nobody()
    sandbox.mount(session)
    return Examination(session, clock)


def verdicts(found: Iterator[Right]) -> dict[str, Verdict]:
    return {one.permission.action: one.verdict for one in found}


def test_whoever_may_everything_is_told_so(examination: Examination, sandbox: Sandbox) -> None:
    found = verdicts(examination.reads())
    assert set(found.values()) == {Verdict.ALLOWED}
    assert examination.known.instance == sandbox.instance_arn
    assert examination.known.management_account == sandbox.settings.management_account


def test_nothing_is_changed_by_looking(examination: Examination, sandbox: Sandbox) -> None:
    list(examination.reads())
    assert {call.operation for call in sandbox.calls.all()} == {
        one.operation for one in PERMISSIONS if one.use is Use.READ
    }


@pytest.mark.parametrize(
    "one", [one for one in PERMISSIONS if one.use is Use.READ], ids=lambda one: one.action
)
def test_a_right_that_is_missing_is_named(
    one: permissions.Permission, examination: Examination, sandbox: Sandbox
) -> None:
    sandbox.faults.order(DENIED, operation=one.operation, times=None)
    found = verdicts(examination.reads())
    assert found[one.action] is Verdict.DENIED
    same = {other.action for other in PERMISSIONS if other.operation == one.operation}
    assert {action for action, verdict in found.items() if verdict is Verdict.DENIED} == same


def test_what_a_broken_connection_hides_is_not_known(examination: Examination, sandbox: Sandbox) -> None:
    sandbox.faults.order(Fault.lost_reply(), operation="ListUsers", times=None)
    assert verdicts(examination.reads())["identitystore:ListUsers"] is Verdict.UNKNOWN


def test_an_instance_that_is_not_there_is_asked_about_all_the_same(
    sandbox: Sandbox, demo: Demo, clock: ManualClock
) -> None:
    session = session_of_nobody()
    sandbox.mount(session)
    other = "arn:aws:sso:::instance/ssoins-aaaaaaaaaaaaaaaa"
    examination = Examination(session, clock, instance=other)
    found = verdicts(examination.reads())
    assert found["identitystore:ListUsers"] is Verdict.UNKNOWN
    assert examination.known.store is None
