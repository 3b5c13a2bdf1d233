"""The reads of Organizations."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.handlers.paging import page
from protem.sandbox.organization import Account, Unit
from protem.sandbox.refusals import Refusal
from protem.sandbox.state import State

Parameters = Mapping[str, Any]
PAGE = 20


def describe_organization(state: State, parameters: Parameters) -> dict[str, Any]:
    organization = state.organization
    management = organization.account(organization.management_account)
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": _arn(state, "organization"),
            "FeatureSet": "ALL",
            "MasterAccountArn": _arn(state, "account", organization.management_account),
            "MasterAccountId": organization.management_account,
            "MasterAccountEmail": management.email if management else None,
            "AvailablePolicyTypes": [],
        }
    }


def describe(state: State, parameters: Parameters) -> dict[str, Any]:
    account = state.organization.account(parameters["AccountId"])
    if account is None:
        raise Refusal("AccountNotFoundException", "You specified an account that doesn't exist.")
    return {"Account": _account(state, account)}


def list_roots(state: State, parameters: Parameters) -> dict[str, Any]:
    root_id = state.organization.root_id
    root = {"Id": root_id, "Arn": _arn(state, "root", root_id), "Name": "Root", "PolicyTypes": []}
    return page(state, parameters, [(root_id, root)], member="Roots", most=PAGE)


def list_accounts(state: State, parameters: Parameters) -> dict[str, Any]:
    entries = [(a.id, _account(state, a)) for a in state.organization.accounts()]
    return page(state, parameters, entries, member="Accounts", most=PAGE)


def list_for_parent(state: State, parameters: Parameters) -> dict[str, Any]:
    parent_id = _parent(state, parameters)
    accounts = [a for a in state.organization.accounts() if a.parent_id == parent_id]
    entries = [(a.id, _account(state, a)) for a in accounts]
    return page(state, parameters, entries, member="Accounts", most=PAGE)


def list_units_for_parent(state: State, parameters: Parameters) -> dict[str, Any]:
    parent_id = _parent(state, parameters)
    units = [u for u in state.organization.units() if u.parent_id == parent_id]
    entries = [(u.id, _unit(state, u)) for u in units]
    return page(state, parameters, entries, member="OrganizationalUnits", most=PAGE)


def list_parents(state: State, parameters: Parameters) -> dict[str, Any]:
    child_id = parameters["ChildId"]
    child = state.organization.account(child_id) or state.organization.unit(child_id)
    if child is None:
        raise Refusal("ChildNotFoundException", "You specified a child that doesn't exist.")
    is_root = child.parent_id == state.organization.root_id
    parent = {"Id": child.parent_id, "Type": "ROOT" if is_root else "ORGANIZATIONAL_UNIT"}
    return page(state, parameters, [(child.parent_id, parent)], member="Parents", most=PAGE)


def list_tags(state: State, parameters: Parameters) -> dict[str, Any]:
    tags = _tags_of(state, parameters["ResourceId"])
    entries = [(key, {"Key": key, "Value": value}) for key, value in tags.items()]
    return page(state, parameters, entries, member="Tags")


def _tags_of(state: State, resource_id: str) -> dict[str, str]:
    if resource_id == state.organization.root_id:
        return {}
    resource = state.organization.account(resource_id) or state.organization.unit(resource_id)
    if resource is None:
        raise Refusal("TargetNotFoundException", "You specified a target that doesn't exist.")
    return resource.tags


def _parent(state: State, parameters: Parameters) -> str:
    parent_id: str = parameters["ParentId"]
    if parent_id != state.organization.root_id and state.organization.unit(parent_id) is None:
        raise Refusal("ParentNotFoundException", "You specified a parent that doesn't exist.")
    return parent_id


def _arn(state: State, kind: str, *parts: str) -> str:
    organization = state.organization
    path = "/".join([kind, organization.id, *parts])
    return f"arn:aws:organizations::{organization.management_account}:{path}"


def _unit(state: State, unit: Unit) -> dict[str, Any]:
    return {
        "Id": unit.id,
        "Arn": _arn(state, "ou", unit.id),
        "Name": unit.name,
        "Path": state.organization.path_of(unit.id),
    }


def _account(state: State, account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": _arn(state, "account", account.id),
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "State": account.status,
        "Paths": [state.organization.path_of(account.id)],
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": account.joined_at,
    }
