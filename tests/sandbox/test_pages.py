"""Pages: none lost, none twice, and tokens that only their own listing takes."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import Scene, stage


def test_pages_hold_everything_once(scene: Scene) -> None:
    pages = scene.identity_store.get_paginator("list_users").paginate(
        IdentityStoreId=scene.store, PaginationConfig={"PageSize": 3}
    )
    sizes, ids = [], []
    for page in pages:
        sizes.append(len(page["Users"]))
        ids += [user["UserId"] for user in page["Users"]]
    assert sizes == [3, 3, 3, 1]
    assert sorted(ids) == sorted(scene.demo.users.values())


def test_a_service_may_give_shorter_pages_than_asked_for() -> None:
    scene = stage(page_size=2)
    listed = scene.sso.list_permission_sets(InstanceArn=scene.instance, MaxResults=50)
    assert len(listed["PermissionSets"]) == 2
    assert "NextToken" in listed


def test_organizations_gives_twenty_at_most(scene: Scene) -> None:
    for number in range(20):
        scene.sandbox.organization.add_account(f"{number:012}", name=f"more-{number}")
    assert len(scene.organizations.list_accounts()["Accounts"]) == 20


def test_what_vanishes_between_two_pages_hides_nothing_else(scene: Scene) -> None:
    first = scene.organizations.list_accounts(MaxResults=4)
    for account in first["Accounts"]:
        scene.sandbox.organization.remove(account["Id"])
    rest = scene.organizations.list_accounts(NextToken=first["NextToken"])
    shown = {account["Id"] for account in first["Accounts"] + rest["Accounts"]}
    assert shown == set(scene.demo.accounts.values())


@pytest.mark.parametrize("token", ["nonsense", "bm9uc2Vuc2Utbm9uc2Vuc2U=", "AAAA", "A"])
def test_a_token_from_nowhere_is_refused(scene: Scene, token: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        scene.sso.list_permission_sets(InstanceArn=scene.instance, NextToken=token)
    with pytest.raises(ClientError, match="InvalidInputException"):
        scene.organizations.list_accounts(NextToken=token)


def test_a_token_of_another_listing_is_refused(scene: Scene) -> None:
    platform, developers = scene.demo.groups["platform-engineers"], scene.demo.groups["developers"]
    page = scene.identity_store.list_group_memberships(
        IdentityStoreId=scene.store, GroupId=platform, MaxResults=1
    )
    with pytest.raises(ClientError, match="ValidationException"):
        scene.identity_store.list_group_memberships(
            IdentityStoreId=scene.store, GroupId=developers, NextToken=page["NextToken"]
        )
