"""The tree of accounts, their tags and states, and who calls."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import Scene


def test_the_tree_can_be_walked_from_its_root(scene: Scene) -> None:
    (root,) = scene.organizations.list_roots()["Roots"]
    units = scene.organizations.list_organizational_units_for_parent(ParentId=root["Id"])
    by_name = {unit["Name"]: unit["Id"] for unit in units["OrganizationalUnits"]}
    assert by_name["Workloads"] == scene.demo.units["Workloads"]
    accounts = scene.organizations.list_accounts_for_parent(ParentId=scene.demo.units["Workloads/Prod"])
    names = {account["Name"] for account in accounts["Accounts"]}
    assert names == {"shop-prod", "data-prod", "payments-prod"}


def test_parents_lead_back_to_the_root(scene: Scene) -> None:
    parents = scene.organizations.list_parents(ChildId=scene.demo.accounts["shop-prod"])["Parents"]
    assert parents == [{"Id": scene.demo.units["Workloads/Prod"], "Type": "ORGANIZATIONAL_UNIT"}]
    parents = scene.organizations.list_parents(ChildId=scene.demo.accounts["management"])["Parents"]
    assert parents[0]["Type"] == "ROOT"


def test_a_moved_account_has_another_parent_and_other_tags(scene: Scene) -> None:
    account_id = scene.demo.accounts["playground"]
    scene.sandbox.organization.move(account_id, unit=scene.demo.units["Security"])
    scene.sandbox.organization.tag(account_id, env="prod")
    parents = scene.organizations.list_parents(ChildId=account_id)["Parents"]
    assert parents[0]["Id"] == scene.demo.units["Security"]
    tags = scene.organizations.list_tags_for_resource(ResourceId=account_id)["Tags"]
    assert {"Key": "env", "Value": "prod"} in tags


def test_a_suspended_account_says_so(scene: Scene) -> None:
    account = scene.organizations.describe_account(AccountId=scene.demo.accounts["old-shop"])["Account"]
    assert account["Status"] == "SUSPENDED"


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("describe_account", {"AccountId": "000000000000"}, "AccountNotFoundException"),
        ("list_parents", {"ChildId": "000000000000"}, "ChildNotFoundException"),
        ("list_accounts_for_parent", {"ParentId": "r-0000"}, "ParentNotFoundException"),
        ("list_tags_for_resource", {"ResourceId": "000000000000"}, "TargetNotFoundException"),
    ],
)
def test_organizations_has_a_word_for_each_thing_not_found(
    scene: Scene, method: str, parameters: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(scene.organizations, method)(**parameters)


def test_the_caller_is_the_delegated_administrator(scene: Scene) -> None:
    identity = scene.session.client("sts").get_caller_identity()
    assert identity["Account"] == scene.demo.accounts["security-tooling"]
