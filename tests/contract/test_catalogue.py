"""The instance and its permission sets, as seen through boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.centers import READ_ONLY, Center


@pytest.fixture
def named(center: Center) -> dict[str, str]:
    arn = center.add_permission_set("Admin", risk="high")
    return {"InstanceArn": center.instance, "PermissionSetArn": arn}


def test_there_is_one_active_instance(center: Center) -> None:
    (instance,) = center.sso.list_instances()["Instances"]
    assert instance["Status"] == "ACTIVE"
    assert instance["InstanceArn"].startswith("arn:aws:sso:::instance/ssoins-")


def test_the_arn_of_a_permission_set_has_a_form_of_its_own(center: Center, named: dict[str, str]) -> None:
    instance_id = center.instance.rpartition("/")[2]
    prefix = f"arn:aws:sso:::permissionSet/{instance_id}/ps-"
    assert named["PermissionSetArn"].startswith(prefix)


def test_permission_sets_are_listed_and_described(center: Center, named: dict[str, str]) -> None:
    listed = center.sso.list_permission_sets(InstanceArn=center.instance)["PermissionSets"]
    assert listed == [named["PermissionSetArn"]]
    described = center.sso.describe_permission_set(**named)["PermissionSet"]
    assert (described["Name"], described["SessionDuration"]) == ("Admin", "PT2H")


def test_what_was_left_out_of_a_permission_set_is_left_out(center: Center, named: dict[str, str]) -> None:
    described = center.sso.describe_permission_set(**named)["PermissionSet"]
    assert "RelayState" not in described


def test_its_policies_are_shown(center: Center, named: dict[str, str]) -> None:
    managed = center.sso.list_managed_policies_in_permission_set(**named)
    assert managed["AttachedManagedPolicies"] == [{"Name": "ReadOnlyAccess", "Arn": READ_ONLY}]
    assert center.sso.get_inline_policy_for_permission_set(**named)["InlinePolicy"] == "{}"
    customer = center.sso.list_customer_managed_policy_references_in_permission_set(**named)
    assert customer["CustomerManagedPolicyReferences"] == []


def test_without_a_boundary_there_is_none_to_get(center: Center, named: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.sso.get_permissions_boundary_for_permission_set(**named)


def test_its_tags_are_listed(center: Center, named: dict[str, str]) -> None:
    tags = center.sso.list_tags_for_resource(
        InstanceArn=center.instance, ResourceArn=named["PermissionSetArn"]
    )
    assert tags["Tags"] == [{"Key": "risk", "Value": "high"}]


def test_an_unknown_permission_set_is_not_found(center: Center, named: dict[str, str]) -> None:
    unknown: dict[str, Any] = named | {"PermissionSetArn": named["PermissionSetArn"][:-4] + "0000"}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.sso.describe_permission_set(**unknown)


def test_an_unknown_instance_is_not_found(center: Center) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        center.sso.list_permission_sets(InstanceArn="arn:aws:sso:::instance/ssoins-0000000000000000")


def test_permission_sets_come_in_pages(center: Center) -> None:
    arns = {center.add_permission_set(f"Set{number}") for number in range(5)}
    pages = center.sso.get_paginator("list_permission_sets").paginate(
        InstanceArn=center.instance, PaginationConfig={"PageSize": 2}
    )
    found = [page["PermissionSets"] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert set().union(*found) == arns


def test_a_token_from_nowhere_is_refused(center: Center) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        center.sso.list_permission_sets(InstanceArn=center.instance, NextToken="bm93aGVyZQ==")
