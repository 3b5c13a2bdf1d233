"""The instance, and the permission sets it has."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.handlers import lookups
from protem.sandbox.handlers.paging import page
from protem.sandbox.refusals import not_found
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def list_instances(state: State, parameters: Parameters) -> dict[str, Any]:
    instance = {
        "InstanceArn": state.permission_sets.instance_arn,
        "IdentityStoreId": state.directory.store_id,
        "OwnerAccountId": state.organization.management_account,
        "CreatedDate": state.created_at,
        "Status": "ACTIVE",
    }
    entries = [(state.permission_sets.instance_arn, instance)]
    return page(state, parameters, entries, member="Instances")


def list_permission_sets(state: State, parameters: Parameters) -> dict[str, Any]:
    lookups.check_instance(state, parameters)
    entries = [(found.arn, found.arn) for found in state.permission_sets.all()]
    return page(state, parameters, entries, member="PermissionSets")


def describe_permission_set(state: State, parameters: Parameters) -> dict[str, Any]:
    found = lookups.permission_set(state, parameters)
    return {
        "PermissionSet": {
            "Name": found.name,
            "PermissionSetArn": found.arn,
            "Description": found.description or None,
            "CreatedDate": found.created_at,
            "SessionDuration": found.session_duration,
            "RelayState": found.relay_state or None,
        }
    }


def list_tags(state: State, parameters: Parameters) -> dict[str, Any]:
    arn = parameters["ResourceArn"]
    if "InstanceArn" in parameters:
        lookups.check_instance(state, parameters)
    entries = [(key, {"Key": key, "Value": value}) for key, value in _tags_of(state, arn).items()]
    return page(state, parameters, entries, member="Tags")


def _tags_of(state: State, arn: str) -> dict[str, str]:
    if arn == state.permission_sets.instance_arn:
        return {}
    found = state.permission_sets.get(arn)
    if found is None:
        raise not_found("Resource", arn)
    return found.tags
