"""Users, groups and who is in them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import Scene


def unique(attribute: str, value: str) -> Any:
    return {"UniqueAttribute": {"AttributePath": attribute, "AttributeValue": value}}


def test_users_are_found_by_name_without_regard_to_case(scene: Scene) -> None:
    found = scene.identity_store.list_users(
        IdentityStoreId=scene.store,
        Filters=[{"AttributePath": "UserName", "AttributeValue": "Alice@Example.com"}],
    )["Users"]
    assert [user["UserId"] for user in found] == [scene.demo.users["alice"]]


@pytest.mark.parametrize("attribute", ["userName", "emails.value"])
def test_a_user_id_is_found_by_a_unique_attribute(scene: Scene, attribute: str) -> None:
    found = scene.identity_store.get_user_id(
        IdentityStoreId=scene.store,
        AlternateIdentifier=unique(attribute, "alice@example.com"),
    )
    assert found["UserId"] == scene.demo.users["alice"]


def test_a_group_id_is_found_by_its_name(scene: Scene) -> None:
    found = scene.identity_store.get_group_id(
        IdentityStoreId=scene.store,
        AlternateIdentifier=unique("displayName", "developers"),
    )
    assert found["GroupId"] == scene.demo.groups["developers"]


def test_a_renamed_user_keeps_the_id(scene: Scene) -> None:
    scene.sandbox.directory.rename_user(scene.demo.users["alice"], user_name="alice.b@example.com")
    user = scene.identity_store.describe_user(IdentityStoreId=scene.store, UserId=scene.demo.users["alice"])
    assert user["UserName"] == "alice.b@example.com"


def test_a_removed_user_is_gone_from_groups_too(scene: Scene) -> None:
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    members = scene.identity_store.list_group_memberships(
        IdentityStoreId=scene.store, GroupId=scene.demo.groups["platform-engineers"]
    )["GroupMemberships"]
    assert scene.demo.users["alice"] not in {m["MemberId"]["UserId"] for m in members}
    with pytest.raises(ClientError, match="ResourceNotFoundException") as error:
        scene.identity_store.describe_user(IdentityStoreId=scene.store, UserId=scene.demo.users["alice"])
    assert error.value.response["ResourceType"] == "USER"  # type: ignore[typeddict-item]


def test_memberships_are_listed_for_a_member(scene: Scene) -> None:
    listed = scene.identity_store.list_group_memberships_for_member(
        IdentityStoreId=scene.store, MemberId={"UserId": scene.demo.users["carol"]}
    )["GroupMemberships"]
    wanted = {scene.demo.groups["platform-engineers"], scene.demo.groups["sre-leads"]}
    assert {membership["GroupId"] for membership in listed} == wanted


def test_another_identity_store_is_not_found(scene: Scene) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.identity_store.list_users(IdentityStoreId="d-0000000000")


@pytest.mark.parametrize(
    ("method", "attribute", "value", "code"),
    [
        ("get_user_id", "userName", "nobody@example.com", "ResourceNotFoundException"),
        ("get_user_id", "nickName", "al", "ValidationException"),
        ("get_group_id", "displayName", "nobodies", "ResourceNotFoundException"),
        ("get_group_id", "description", "x", "ValidationException"),
    ],
)
def test_who_is_not_found_and_what_cannot_be_looked_for(
    scene: Scene, method: str, attribute: str, value: str, code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(scene.identity_store, method)(
            IdentityStoreId=scene.store, AlternateIdentifier=unique(attribute, value)
        )


def test_only_the_name_can_be_filtered_by(scene: Scene) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        scene.identity_store.list_users(
            IdentityStoreId=scene.store, Filters=[{"AttributePath": "NickName", "AttributeValue": "al"}]
        )


def test_groups_are_found_by_name(scene: Scene) -> None:
    found = scene.identity_store.list_groups(
        IdentityStoreId=scene.store,
        Filters=[{"AttributePath": "DisplayName", "AttributeValue": "developers"}],
    )["Groups"]
    assert [group["GroupId"] for group in found] == [scene.demo.groups["developers"]]


def test_the_identity_store_may_be_named_by_its_arn(scene: Scene) -> None:
    arn = f"arn:aws:identitystore::{scene.demo.accounts['management']}:identitystore/{scene.store}"
    assert scene.identity_store.list_users(IdentityStoreId=arn)["Users"]
