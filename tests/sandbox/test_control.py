"""What the people around Protem do to an Identity Center, by hand and at once."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import Scene


@pytest.mark.parametrize(
    "again",
    [
        lambda s: s.directory.add_user(user_name="Alice@example.com"),
        lambda s: s.directory.add_group("Developers"),
        lambda s: s.organization.add_account("111122223333", name="other"),
        lambda s: s.permission_sets.add("ReadOnlyAccess"),
    ],
    ids=["user", "group", "account", "permission set"],
)
def test_nothing_is_there_twice(scene: Scene, again: Callable[[Any], str]) -> None:
    with pytest.raises(ValueError, match="already"):
        again(scene.sandbox)


def test_an_account_needs_a_unit_that_exists(scene: Scene) -> None:
    with pytest.raises(ValueError, match="no organizational unit"):
        scene.sandbox.organization.add_account("123123123123", name="lost", unit="ou-0000-00000000")


def test_joining_twice_is_one_membership(scene: Scene) -> None:
    directory, group = scene.sandbox.directory, scene.demo.groups["security"]
    first = directory.add_member(group, scene.demo.users["alice"])
    assert directory.add_member(group, scene.demo.users["alice"]) == first


def test_somebody_who_leaves_a_group_has_its_access_no_more(scene: Scene) -> None:
    erin, developers = scene.demo.users["erin"], scene.demo.groups["developers"]
    scene.sandbox.directory.remove_member(developers, erin)
    listed = scene.sso.list_account_assignments_for_principal(
        InstanceArn=scene.instance, PrincipalId=erin, PrincipalType="USER"
    )
    assert listed["AccountAssignments"] == []


def test_a_removed_group_is_gone_but_its_assignments_stay(scene: Scene) -> None:
    developers = scene.demo.groups["developers"]
    scene.sandbox.directory.remove_group(developers)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.identity_store.describe_group(IdentityStoreId=scene.store, GroupId=developers)
    assert developers in {assignment.principal_id for assignment in scene.sandbox.assignments.all()}


def test_a_disabled_user_is_listed_as_such(scene: Scene) -> None:
    scene.sandbox.directory.disable_user(scene.demo.users["alice"])
    user = scene.identity_store.describe_user(IdentityStoreId=scene.store, UserId=scene.demo.users["alice"])
    assert user["UserStatus"] == "DISABLED"


def test_a_reinstated_account_works_again(scene: Scene) -> None:
    scene.sandbox.organization.reinstate(scene.demo.accounts["old-shop"])
    scene.created(account="old-shop")
    assert scene.stands(account="old-shop")


def test_units_have_tags_too(scene: Scene) -> None:
    unit = scene.demo.units["Sandbox"]
    scene.sandbox.organization.tag(unit, env="sandbox", owner="platform")
    scene.sandbox.organization.untag(unit, "owner")
    tags = scene.organizations.list_tags_for_resource(ResourceId=unit)["Tags"]
    assert tags == [{"Key": "env", "Value": "sandbox"}]


def test_an_account_that_left_takes_no_more_operations(scene: Scene) -> None:
    scene.created()
    scene.sandbox.organization.remove(scene.demo.accounts["shop-prod"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.delete()


def test_a_permission_set_can_be_retagged_changed_and_removed(scene: Scene) -> None:
    sets, arn = scene.sandbox.permission_sets, scene.demo.permission_sets["DatabaseOperator"]
    sets.tag(arn, reviewed="yes")
    sets.untag(arn, "risk")
    sets.change(arn, managed_policies=[], session_duration="PT1H")
    changed = sets.get(arn)
    assert changed
    assert (changed.tags, changed.managed_policies, changed.session_duration, changed.version) == (
        {"reviewed": "yes"},
        [],
        "PT1H",
        2,
    )
    sets.remove(arn)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.create(permission_set="DatabaseOperator")


def test_the_calls_can_be_counted_and_cleared(scene: Scene) -> None:
    scene.sso.list_instances()
    scene.create()
    calls = scene.sandbox.calls
    assert (calls.count(), calls.count("CreateAccountAssignment")) == (2, 1)
    calls.clear()
    assert calls.all() == []
