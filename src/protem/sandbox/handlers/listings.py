"""What stands: assignments, and permission sets provisioned to accounts."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.assignments import Assignment, Principal
from protem.sandbox.handlers import lookups
from protem.sandbox.handlers.paging import page
from protem.sandbox.refusals import access_denied
from protem.sandbox.state import State

Parameters = Mapping[str, Any]
Entry = tuple[str, dict[str, Any]]


def of_account(state: State, parameters: Parameters) -> dict[str, Any]:
    permission_set = lookups.permission_set(state, parameters)
    account = lookups.account(state, parameters["AccountId"])
    entries = map(_entry, state.assignments.at((account.id, permission_set.arn)))
    return page(state, parameters, entries, member="AccountAssignments")


def for_principal(state: State, parameters: Parameters) -> dict[str, Any]:
    """List what a principal has, groups included; an unknown principal has nothing."""
    lookups.check_instance(state, parameters)
    settings = state.settings
    if settings.principal_listing_needs_management and settings.delegated_administrator:
        raise access_denied("This operation must be called from the management account")
    principals = _principals(state, parameters)
    account_id = parameters.get("Filter", {}).get("AccountId")
    entries = [
        _entry(assignment)
        for principal in principals
        for assignment in state.assignments.of(principal)
        if account_id in (None, assignment.account_id)
    ]
    return page(state, parameters, entries, member="AccountAssignments")


def permission_sets_provisioned(state: State, parameters: Parameters) -> dict[str, Any]:
    lookups.check_instance(state, parameters)
    wanted = lookups.account(state, parameters["AccountId"]).id
    entries = [
        (arn, arn)
        for account_id, arn in _provisioned(state, parameters)
        if account_id == wanted and state.permission_sets.get(arn)
    ]
    return page(state, parameters, entries, member="PermissionSets")


def accounts_provisioned(state: State, parameters: Parameters) -> dict[str, Any]:
    wanted = lookups.permission_set(state, parameters).arn
    entries = [
        (account_id, account_id) for account_id, arn in _provisioned(state, parameters) if arn == wanted
    ]
    return page(state, parameters, entries, member="AccountIds")


def _entry(assignment: Assignment) -> Entry:
    shown = {
        "AccountId": assignment.account_id,
        "PermissionSetArn": assignment.permission_set_arn,
        "PrincipalType": assignment.principal_type,
        "PrincipalId": assignment.principal_id,
    }
    return " ".join(shown.values()), shown


def _principals(state: State, parameters: Parameters) -> set[Principal]:
    principal_type, principal_id = parameters["PrincipalType"], parameters["PrincipalId"]
    itself: set[Principal] = {(principal_type, principal_id)}
    if principal_type == "GROUP":
        return itself
    memberships = state.directory.memberships_of(principal_id)
    return itself | {("GROUP", membership.group_id) for membership in memberships}


def _provisioned(state: State, parameters: Parameters) -> list[tuple[str, str]]:
    status = parameters.get("ProvisioningStatus")
    wanted = {None: (True, False), "LATEST_PERMISSION_SET_PROVISIONED": (True,)}
    return [
        place
        for place, is_latest in state.assignments.provisioned().items()
        if is_latest in wanted.get(status, (False,))
    ]
