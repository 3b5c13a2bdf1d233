"""The organization as moto imitates it: it lists accounts without their paths, as AWS did for long."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from protem.identity_center.values import OrganizationalUnit
from tests.identity_center.conftest import Connect


@pytest.fixture
def imitated() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session(
            aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-central-1"
        )


def test_without_paths_accounts_are_asked_for_their_parents(
    imitated: boto3.Session, connect_to: Connect
) -> None:
    organizations = imitated.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    outer = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]
    inner = organizations.create_organizational_unit(ParentId=outer["Id"], Name="Prod")["OrganizationalUnit"]
    made = organizations.create_account(
        Email="shop@example.com", AccountName="shop", Tags=[{"Key": "env", "Value": "prod"}]
    )
    account_id = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=account_id, SourceParentId=root, DestinationParentId=inner["Id"])

    directory = connect_to(session=imitated).directory
    accounts = {account.name: account for account in directory.accounts()}

    assert directory.organizational_units()[1:] == (
        OrganizationalUnit(outer["Id"], "Workloads", root),
        OrganizationalUnit(inner["Id"], "Prod", outer["Id"]),
    )
    assert accounts["shop"].parent_id == inner["Id"]
    assert accounts["shop"].tags == {"env": "prod"}
    assert accounts["shop"].status == "ACTIVE"
    assert [account.parent_id for account in accounts.values() if account.is_management] == [root]


def test_identity_center_as_moto_imitates_it_can_be_read(
    imitated: boto3.Session, connect_to: Connect
) -> None:
    directory = connect_to(session=imitated).directory
    (instance,) = directory.instances()
    store = imitated.client("identitystore")
    user = store.create_user(
        IdentityStoreId=instance.identity_store_id,
        UserName="alice@example.com",
        DisplayName="Alice",
        Name={"GivenName": "Alice", "FamilyName": "Archer"},
    )["UserId"]
    group = store.create_group(IdentityStoreId=instance.identity_store_id, DisplayName="sre")["GroupId"]
    store.create_group_membership(
        IdentityStoreId=instance.identity_store_id, GroupId=group, MemberId={"UserId": user}
    )

    (alice,) = directory.users(instance.identity_store_id)
    (sre,) = directory.groups(instance.identity_store_id)

    assert (alice.id, alice.user_name, alice.display_name, alice.email) == (
        user,
        "alice@example.com",
        "Alice",
        None,
    )
    assert (sre.id, sre.name, sre.member_ids) == (group, "sre", frozenset({user}))
