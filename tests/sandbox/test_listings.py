"""What stands, by principal and by place."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import DELETION_SECONDS, Scene, stage

LATEST, OUTDATED = "LATEST_PERMISSION_SET_PROVISIONED", "LATEST_PERMISSION_SET_NOT_PROVISIONED"


def test_access_through_groups_is_listed_for_a_user(scene: Scene) -> None:
    scene.created(user="erin")
    listed = scene.sso.list_account_assignments_for_principal(
        InstanceArn=scene.instance, PrincipalId=scene.demo.users["erin"], PrincipalType="USER"
    )["AccountAssignments"]
    assert {(item["PrincipalType"], item["PrincipalId"]) for item in listed} == {
        ("USER", scene.demo.users["erin"]),
        ("GROUP", scene.demo.groups["developers"]),
    }


def test_a_principal_can_be_listed_in_one_account(scene: Scene) -> None:
    scene.created(user="erin")
    listed = scene.sso.list_account_assignments_for_principal(
        InstanceArn=scene.instance,
        PrincipalId=scene.demo.users["erin"],
        PrincipalType="USER",
        Filter={"AccountId": scene.demo.accounts["shop-prod"]},
    )["AccountAssignments"]
    assert [item["AccountId"] for item in listed] == [scene.demo.accounts["shop-prod"]]


def test_listing_for_a_principal_can_be_kept_for_the_management_account() -> None:
    scene = stage(principal_listing_needs_management=True)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        scene.sso.list_account_assignments_for_principal(
            InstanceArn=scene.instance, PrincipalId=scene.demo.users["erin"], PrincipalType="USER"
        )


def provisioned(scene: Scene, **conditions: Any) -> list[str]:
    return scene.sso.list_permission_sets_provisioned_to_account(
        InstanceArn=scene.instance, AccountId=scene.demo.accounts["data-prod"], **conditions
    )["PermissionSets"]


def test_the_first_assignment_provisions_and_the_last_takes_the_role_with_it(scene: Scene) -> None:
    arn = scene.demo.permission_sets["AdministratorAccess"]
    assert provisioned(scene) == []
    scene.created(account="data-prod")
    assert provisioned(scene) == [arn]
    accounts = scene.sso.list_accounts_for_provisioned_permission_set(
        InstanceArn=scene.instance, PermissionSetArn=arn
    )
    assert accounts["AccountIds"] == [scene.demo.accounts["data-prod"]]
    scene.delete(account="data-prod")
    scene.clock.advance(DELETION_SECONDS)
    assert provisioned(scene) == []


def test_a_changed_permission_set_does_not_reach_accounts_by_itself(scene: Scene) -> None:
    arn = scene.demo.permission_sets["AdministratorAccess"]
    scene.created(account="data-prod")
    assert provisioned(scene, ProvisioningStatus=LATEST) == [arn]
    scene.sandbox.permission_sets.change(arn, inline_policy="{}")
    assert provisioned(scene, ProvisioningStatus=LATEST) == []
    assert provisioned(scene, ProvisioningStatus=OUTDATED) == [arn]
