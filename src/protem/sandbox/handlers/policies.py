"""What a permission set allows."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.handlers import lookups
from protem.sandbox.handlers.paging import page
from protem.sandbox.refusals import not_found
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def list_managed(state: State, parameters: Parameters) -> dict[str, Any]:
    found = lookups.permission_set(state, parameters)
    entries = [(arn, {"Name": arn.rpartition("/")[2], "Arn": arn}) for arn in found.managed_policies]
    return page(state, parameters, entries, member="AttachedManagedPolicies")


def list_customer_managed(state: State, parameters: Parameters) -> dict[str, Any]:
    found = lookups.permission_set(state, parameters)
    entries = [(path + name, {"Name": name, "Path": path}) for name, path in found.customer_managed_policies]
    return page(state, parameters, entries, member="CustomerManagedPolicyReferences")


def get_inline(state: State, parameters: Parameters) -> dict[str, Any]:
    """Answer the policy; where there is none, the answer is an empty string."""
    return {"InlinePolicy": lookups.permission_set(state, parameters).inline_policy}


def get_boundary(state: State, parameters: Parameters) -> dict[str, Any]:
    found = lookups.permission_set(state, parameters)
    if not found.permissions_boundary:
        raise not_found("PermissionsBoundary of permission set", found.arn)
    return {"PermissionsBoundary": {"ManagedPolicyArn": found.permissions_boundary}}
