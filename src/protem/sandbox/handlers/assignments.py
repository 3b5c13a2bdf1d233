"""Creating and deleting account assignments: accepted here, carried out later."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.assignments import Assignment
from protem.sandbox.handlers import lookups
from protem.sandbox.handlers.statuses import described
from protem.sandbox.refusals import Refusal, access_denied, conflict, not_found
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def create(state: State, parameters: Parameters) -> dict[str, Any]:
    assignment = _assignment(state, parameters)
    _check_conflict(state, assignment)
    limit = state.settings.outstanding_creates
    if limit is not None and len(state.operations.in_progress(kind="creation")) >= limit:
        raise Refusal(
            state.settings.outstanding_refusal,
            f"There are {limit} outstanding account assignment creations already.",
        )
    seconds = state.seconds(state.settings.creation_seconds)
    operation = state.operations.begin("creation", assignment, seconds=seconds)
    return {"AccountAssignmentCreationStatus": described(operation)}


def delete(state: State, parameters: Parameters) -> dict[str, Any]:
    assignment = _assignment(state, parameters)
    _check_conflict(state, assignment)
    standing = assignment in state.assignments.at(assignment.place)
    if state.settings.delete_of_absent == "refused" and not standing:
        raise not_found("AccountAssignment", assignment.principal_id)
    limit = state.settings.outstanding_deletes
    if limit is not None and len(state.operations.in_progress(kind="deletion")) >= limit:
        # no ServiceQuotaExceededException here: the model does not have it for deletes
        raise Refusal(
            "ThrottlingException",
            f"There are {limit} outstanding account assignment deletions already.",
        )
    seconds = state.seconds(state.settings.deletion_seconds)
    operation = state.operations.begin("deletion", assignment, seconds=seconds)
    return {"AccountAssignmentDeletionStatus": described(operation)}


def _assignment(state: State, parameters: Parameters) -> Assignment:
    permission_set = lookups.permission_set(state, parameters)
    account = lookups.account(state, parameters["TargetId"])
    _check_delegation(state, account.id, permission_set.arn)
    return Assignment(
        account.id,
        permission_set.arn,
        parameters["PrincipalId"],
        parameters["PrincipalType"],
    )


def _check_delegation(state: State, account_id: str, permission_set_arn: str) -> None:
    """Keep a delegated administrator away from what belongs to the management account."""
    if state.settings.delegated_administrator is None:
        return
    management = state.organization.management_account
    managed = (management, permission_set_arn) in state.assignments.provisioned()
    if account_id == management or (managed and state.settings.management_sets_refused):
        raise access_denied(
            "A delegated administrator cannot work on the management account, nor on "
            "permission sets that are provisioned there"
        )


def _check_conflict(state: State, assignment: Assignment) -> None:
    most = state.settings.writes_per_account
    running = state.operations.in_progress(account_id=assignment.account_id)
    if most is not None and len(running) >= most:
        raise conflict(assignment.account_id)
