"""The groups of the identity store, and who is in them."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.directory import Group, Membership
from protem.sandbox.handlers.identity_store import (
    check_store,
    filter_value,
    missing,
    unique_attribute,
)
from protem.sandbox.handlers.paging import page
from protem.sandbox.refusals import invalid
from protem.sandbox.state import State

Parameters = Mapping[str, Any]


def list_groups(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    wanted = filter_value(parameters, attribute="DisplayName")
    entries = [
        (group.id, _presented(state, group))
        for group in state.directory.groups()
        if wanted is None or group.display_name.casefold() == wanted.casefold()
    ]
    return page(state, parameters, entries, member="Groups")


def describe(state: State, parameters: Parameters) -> dict[str, Any]:
    return _presented(state, _group(state, parameters))


def get_id(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    path, value = unique_attribute(parameters)
    if path != "displayname":
        raise invalid(f"{path} is not a unique attribute of groups")
    group = state.directory.group_named(value)
    if group is None:
        raise missing("GROUP", value)
    shown = _presented(state, group)
    return {key: shown[key] for key in ("IdentityStoreId", "GroupId", "GroupArn")}


def list_memberships(state: State, parameters: Parameters) -> dict[str, Any]:
    group = _group(state, parameters)
    entries = [(m.id, _membership(state, m)) for m in group.members.values()]
    return page(state, parameters, entries, member="GroupMemberships")


def list_memberships_of(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    user_id = parameters["MemberId"].get("UserId", "").rpartition("/")[2]
    if state.directory.user(user_id) is None:
        raise missing("USER", user_id)
    memberships = state.directory.memberships_of(user_id)
    entries = [(m.id, _membership(state, m)) for m in memberships]
    return page(state, parameters, entries, member="GroupMemberships")


def _group(state: State, parameters: Parameters) -> Group:
    check_store(state, parameters)
    group_id = parameters["GroupId"].rpartition("/")[2]
    group = state.directory.group(group_id)
    if group is None:
        raise missing("GROUP", group_id)
    return group


def _presented(state: State, group: Group) -> dict[str, Any]:
    return {
        "IdentityStoreId": state.directory.store_id,
        "GroupId": group.id,
        "GroupArn": f"arn:aws:identitystore:::group/{group.id}",
        "Revision": "1",
        "DisplayName": group.display_name,
        "Description": group.description or None,
        "CreatedAt": group.created_at,
    }


def _membership(state: State, membership: Membership) -> dict[str, Any]:
    return {
        "IdentityStoreId": state.directory.store_id,
        "MembershipId": membership.id,
        "MembershipArn": f"arn:aws:identitystore:::membership/{membership.id}",
        "GroupId": membership.group_id,
        "MemberId": {"UserId": membership.user_id},
        "CreatedAt": membership.created_at,
    }
