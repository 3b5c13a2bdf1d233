"""How asynchronous operations are getting on."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.handlers import lookups
from protem.sandbox.handlers.paging import page
from protem.sandbox.operations import Kind, Operation
from protem.sandbox.refusals import not_found
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def describe_creation(state: State, parameters: Parameters) -> dict[str, Any]:
    operation_id = parameters["AccountAssignmentCreationRequestId"]
    operation = _operation(state, parameters, operation_id, kind="creation")
    return {"AccountAssignmentCreationStatus": described(operation)}


def describe_deletion(state: State, parameters: Parameters) -> dict[str, Any]:
    operation_id = parameters["AccountAssignmentDeletionRequestId"]
    operation = _operation(state, parameters, operation_id, kind="deletion")
    return {"AccountAssignmentDeletionStatus": described(operation)}


def list_creations(state: State, parameters: Parameters) -> dict[str, Any]:
    entries = _entries(state, parameters, kind="creation")
    return page(state, parameters, entries, member="AccountAssignmentsCreationStatus")


def list_deletions(state: State, parameters: Parameters) -> dict[str, Any]:
    entries = _entries(state, parameters, kind="deletion")
    return page(state, parameters, entries, member="AccountAssignmentsDeletionStatus")


def described(operation: Operation) -> dict[str, Any]:
    return {
        **_summary(operation),
        "FailureReason": operation.failure_reason,
        "TargetId": operation.assignment.account_id,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": operation.assignment.permission_set_arn,
        "PrincipalType": operation.assignment.principal_type,
        "PrincipalId": operation.assignment.principal_id,
    }


def _summary(operation: Operation) -> dict[str, Any]:
    return {
        "Status": operation.status,
        "RequestId": operation.id,
        "CreatedDate": operation.created_at,
    }


def _operation(state: State, parameters: Parameters, operation_id: str, *, kind: Kind) -> Operation:
    lookups.check_instance(state, parameters)
    operation = state.operations.get(operation_id)
    if operation is None or operation.kind != kind:
        raise not_found("Request", operation_id)
    return operation


def _entries(state: State, parameters: Parameters, *, kind: Kind) -> list[tuple[str, dict[str, Any]]]:
    """Return what is asked for, ordered by id: AWS documents no order, so none may be relied on."""
    lookups.check_instance(state, parameters)
    wanted = parameters.get("Filter", {}).get("Status")
    operations = state.operations
    candidates = operations.in_progress() if wanted == "IN_PROGRESS" else operations.all()
    return [
        (operation.id, _summary(operation))
        for operation in candidates
        if operation.kind == kind and wanted in (None, operation.status)
    ]
