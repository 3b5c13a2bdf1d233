"""The users of the identity store."""

from collections.abc import Mapping
from typing import Any

from protem.sandbox.directory import User
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

_PROVISIONING = "https://scim.identity.example.com"
"""Whoever brings users in from the organization's own directory."""


def list_users(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    wanted = filter_value(parameters, attribute="UserName")
    entries = [
        (user.id, _presented(state, user))
        for user in state.directory.users()
        if wanted is None or user.user_name.casefold() == wanted.casefold()
    ]
    return page(state, parameters, entries, member="Users")


def describe(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    user_id = parameters["UserId"].rpartition("/")[2]
    user = state.directory.user(user_id)
    if user is None:
        raise missing("USER", user_id)
    return _presented(state, user)


def get_id(state: State, parameters: Parameters) -> dict[str, Any]:
    check_store(state, parameters)
    path, value = unique_attribute(parameters)
    if path not in ("username", "emails.value"):
        raise invalid(f"{path} is not a unique attribute of users")
    for user in state.directory.users():
        known_as = user.user_name if path == "username" else user.email
        if known_as.casefold() == value.casefold():
            shown = _presented(state, user)
            return {key: shown[key] for key in ("IdentityStoreId", "UserId", "UserArn")}
    raise missing("USER", value)


def _presented(state: State, user: User) -> dict[str, Any]:
    given_name, _, family_name = user.display_name.partition(" ")
    known_outside = (
        {"ExternalIds": [{"Issuer": _PROVISIONING, "Id": user.external_id}]} if user.external_id else {}
    )
    return {
        **known_outside,
        "IdentityStoreId": state.directory.store_id,
        "UserId": user.id,
        "UserArn": f"arn:aws:identitystore:::user/{user.id}",
        "Revision": str(user.revision),
        "UserName": user.user_name,
        "Name": {"GivenName": given_name, "FamilyName": family_name or given_name},
        "DisplayName": user.display_name,
        "Emails": [{"Value": user.email, "Type": "work", "Primary": True}],
        "UserStatus": "ENABLED" if user.enabled else "DISABLED",
        "CreatedAt": user.created_at,
        "UpdatedAt": user.updated_at,
    }
