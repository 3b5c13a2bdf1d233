"""What a request names must exist."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.organization import Account
from protem.sandbox.permission_sets import PermissionSet
from protem.sandbox.refusals import not_found
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def check_instance(state: State, parameters: Parameters) -> None:
    arn = parameters["InstanceArn"]
    if arn != state.permission_sets.instance_arn:
        raise not_found("Instance", arn)


def permission_set(state: State, parameters: Parameters) -> PermissionSet:
    check_instance(state, parameters)
    arn = parameters["PermissionSetArn"]
    found = state.permission_sets.get(arn)
    if found is None:
        raise not_found("PermissionSet", arn)
    return found


def account(state: State, account_id: str) -> Account:
    found = state.organization.account(account_id)
    if found is None:
        raise not_found("Account", account_id)
    return found
