"""Accounts, units and tags, as seen through boto3."""

import pytest
from botocore.exceptions import ClientError

from tests.contract.centers import Center


def test_the_organization_names_its_management_account(center: Center) -> None:
    organization = center.organizations.describe_organization()["Organization"]
    assert organization["Id"].startswith("o-")
    accounts = center.organizations.list_accounts()["Accounts"]
    assert [account["Id"] for account in accounts] == [organization["MasterAccountId"]]


def test_there_is_one_root(center: Center) -> None:
    (root,) = center.organizations.list_roots()["Roots"]
    assert root["Id"].startswith("r-")


def test_accounts_are_listed_and_described(center: Center) -> None:
    shop = center.add_account("shop")
    listed = {account["Id"]: account for account in center.organizations.list_accounts()["Accounts"]}
    assert (listed[shop]["Name"], listed[shop]["Status"]) == ("shop", "ACTIVE")
    assert center.organizations.describe_account(AccountId=shop)["Account"]["Name"] == "shop"


def test_accounts_have_a_state_and_paths(center: Center) -> None:
    account = center.organizations.describe_account(AccountId=center.add_account("shop"))["Account"]
    (root,) = center.organizations.list_roots()["Roots"]
    assert account["State"] == "ACTIVE"
    (path,) = account["Paths"]
    assert path.endswith(f"/{root['Id']}/{account['Id']}/")


def test_a_new_account_hangs_below_the_root(center: Center) -> None:
    (root,) = center.organizations.list_roots()["Roots"]
    parents = center.organizations.list_parents(ChildId=center.add_account("shop"))["Parents"]
    assert parents == [{"Id": root["Id"], "Type": "ROOT"}]


def test_a_unit_holds_accounts(center: Center) -> None:
    (root,) = center.organizations.list_roots()["Roots"]
    prod = center.add_unit("Prod")
    shop = center.add_account("shop", unit=prod)

    units = center.organizations.list_organizational_units_for_parent(ParentId=root["Id"])
    assert [(unit["Id"], unit["Name"]) for unit in units["OrganizationalUnits"]] == [(prod, "Prod")]
    accounts = center.organizations.list_accounts_for_parent(ParentId=prod)["Accounts"]
    assert [account["Id"] for account in accounts] == [shop]
    parents = center.organizations.list_parents(ChildId=shop)["Parents"]
    assert parents == [{"Id": prod, "Type": "ORGANIZATIONAL_UNIT"}]


def test_tags_of_an_account_are_listed(center: Center) -> None:
    shop = center.add_account("shop", env="prod")
    tags = center.organizations.list_tags_for_resource(ResourceId=shop)["Tags"]
    assert tags == [{"Key": "env", "Value": "prod"}]


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("describe_account", {"AccountId": "000000000000"}, "AccountNotFoundException"),
        (
            "list_accounts_for_parent",
            {"ParentId": "ou-0000-00000000"},
            "ParentNotFoundException",
        ),
        ("list_tags_for_resource", {"ResourceId": "000000000000"}, "TargetNotFoundException"),
    ],
)
def test_each_thing_not_found_has_a_word_of_its_own(
    center: Center, method: str, parameters: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        getattr(center.organizations, method)(**parameters)


def test_parents_of_an_unknown_account_are_those_of_an_unknown_child(center: Center) -> None:
    with pytest.raises(ClientError, match="ChildNotFoundException"):
        center.organizations.list_parents(ChildId="000000000000")


def test_an_identifier_out_of_pattern_is_invalid_input(center: Center) -> None:
    with pytest.raises(ClientError, match="InvalidInputException"):
        center.organizations.describe_account(AccountId="shop")


def test_accounts_come_in_pages(center: Center) -> None:
    accounts = {center.add_account(f"account{number}") for number in range(4)}
    pages = center.organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2})
    found = [[account["Id"] for account in page["Accounts"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert accounts < set().union(*found)


def test_the_caller_has_an_account(center: Center) -> None:
    identity = center.sts.get_caller_identity()
    assert len(identity["Account"]) == 12
    assert identity["Account"] in identity["Arn"]
