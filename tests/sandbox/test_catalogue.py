"""The instance and its permission sets."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import Scene


def test_there_is_one_instance(scene: Scene) -> None:
    (instance,) = scene.sso.list_instances()["Instances"]
    assert instance["InstanceArn"] == scene.instance
    assert instance["IdentityStoreId"] == scene.store
    assert instance["OwnerAccountId"] == scene.demo.accounts["management"]


def test_a_permission_set_shows_what_it_allows(scene: Scene) -> None:
    named: Any = {
        "InstanceArn": scene.instance,
        "PermissionSetArn": scene.demo.permission_sets["DatabaseOperator"],
    }
    described = scene.sso.describe_permission_set(**named)["PermissionSet"]
    assert described["SessionDuration"] == "PT4H"
    managed = scene.sso.list_managed_policies_in_permission_set(**named)["AttachedManagedPolicies"]
    assert [policy["Name"] for policy in managed] == ["AmazonRDSReadOnlyAccess"]
    inline = scene.sso.get_inline_policy_for_permission_set(**named)["InlinePolicy"]
    assert json.loads(inline)["Statement"][0]["Effect"] == "Allow"
    tags = scene.sso.list_tags_for_resource(InstanceArn=scene.instance, ResourceArn=named["PermissionSetArn"])
    assert tags["Tags"] == [{"Key": "risk", "Value": "medium"}]


def test_policies_of_customers_and_boundaries_are_shown(scene: Scene) -> None:
    arn = scene.sandbox.permission_sets.add(
        "Bounded",
        customer_managed_policies=[("deployer", "/teams/")],
        permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess",
    )
    named: Any = {"InstanceArn": scene.instance, "PermissionSetArn": arn}
    referred = scene.sso.list_customer_managed_policy_references_in_permission_set(**named)
    assert referred["CustomerManagedPolicyReferences"] == [{"Name": "deployer", "Path": "/teams/"}]
    boundary = scene.sso.get_permissions_boundary_for_permission_set(**named)["PermissionsBoundary"]
    assert boundary == {"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}


def test_without_a_boundary_there_is_none_to_get(scene: Scene) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.sso.get_permissions_boundary_for_permission_set(
            InstanceArn=scene.instance,
            PermissionSetArn=scene.demo.permission_sets["ReadOnlyAccess"],
        )


def test_tags_are_listed_for_the_instance_and_for_nothing_unknown(scene: Scene) -> None:
    assert scene.sso.list_tags_for_resource(ResourceArn=scene.instance)["Tags"] == []
    unknown = f"{scene.demo.permission_sets['ReadOnlyAccess'][:-4]}0000"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.sso.list_tags_for_resource(ResourceArn=unknown)
