"""Users and groups, as seen through boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.centers import Center

NOBODY = "00000000-0000-4000-8000-000000000000"


def unique(attribute: str, value: str) -> dict[str, Any]:
    return {"UniqueAttribute": {"AttributePath": attribute, "AttributeValue": value}}


def test_users_are_listed_and_described(center: Center) -> None:
    alice = center.add_user("alice@example.com")
    (user,) = center.identity_store.list_users(IdentityStoreId=center.store)["Users"]
    assert (user["UserId"], user["UserName"]) == (alice, "alice@example.com")
    described = center.identity_store.describe_user(IdentityStoreId=center.store, UserId=alice)
    assert described["Emails"][0]["Value"] == "alice@example.com"


def test_users_are_found_by_name(center: Center) -> None:
    alice = center.add_user("alice@example.com")
    center.add_user("bob@example.com")
    (user,) = center.identity_store.list_users(
        IdentityStoreId=center.store,
        Filters=[{"AttributePath": "UserName", "AttributeValue": "alice@example.com"}],
    )["Users"]
    assert user["UserId"] == alice


@pytest.mark.parametrize("attribute", ["userName", "emails.value"])
def test_a_user_id_is_found_by_a_unique_attribute(center: Center, attribute: str) -> None:
    alice = center.add_user("alice@example.com")
    found = center.identity_store.get_user_id(
        IdentityStoreId=center.store, AlternateIdentifier=unique(attribute, "alice@example.com")
    )
    assert found["UserId"] == alice


def test_a_user_carries_its_revision_and_status(center: Center) -> None:
    alice = center.add_user("alice@example.com")
    described = center.identity_store.describe_user(IdentityStoreId=center.store, UserId=alice)
    assert described["Revision"]
    assert described["UserStatus"] == "ENABLED"


def test_an_unknown_user_is_not_found(center: Center) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException") as error:
        center.identity_store.describe_user(IdentityStoreId=center.store, UserId=NOBODY)
    response: Any = error.value.response
    assert response["ResourceType"] == "USER"


def test_groups_are_listed_and_described(center: Center) -> None:
    admins = center.add_group("admins")
    (group,) = center.identity_store.list_groups(IdentityStoreId=center.store)["Groups"]
    assert (group["GroupId"], group["DisplayName"]) == (admins, "admins")
    described = center.identity_store.describe_group(IdentityStoreId=center.store, GroupId=admins)
    assert described["DisplayName"] == "admins"


def test_a_group_is_found_by_its_name(center: Center) -> None:
    admins = center.add_group("admins")
    found = center.identity_store.get_group_id(
        IdentityStoreId=center.store, AlternateIdentifier=unique("displayName", "admins")
    )
    assert found["GroupId"] == admins


def test_an_unknown_group_is_not_found(center: Center) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.identity_store.describe_group(IdentityStoreId=center.store, GroupId=NOBODY)


def test_members_are_listed_from_both_ends(center: Center) -> None:
    alice = center.add_user("alice@example.com")
    admins = center.add_group("admins", alice)
    (member,) = center.identity_store.list_group_memberships(IdentityStoreId=center.store, GroupId=admins)[
        "GroupMemberships"
    ]
    assert member["MemberId"] == {"UserId": alice}
    (membership,) = center.identity_store.list_group_memberships_for_member(
        IdentityStoreId=center.store, MemberId={"UserId": alice}
    )["GroupMemberships"]
    assert membership["GroupId"] == admins


def test_members_of_an_unknown_group_are_not_found(center: Center) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.identity_store.list_group_memberships(IdentityStoreId=center.store, GroupId=NOBODY)


def test_another_identity_store_is_not_found(center: Center) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.identity_store.list_users(IdentityStoreId="d-0000000000")


def test_users_come_in_pages(center: Center) -> None:
    users = {center.add_user(f"user{number}@example.com") for number in range(5)}
    pages = center.identity_store.get_paginator("list_users").paginate(
        IdentityStoreId=center.store, PaginationConfig={"PageSize": 2}
    )
    found = [[user["UserId"] for user in page["Users"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert set().union(*found) == users
