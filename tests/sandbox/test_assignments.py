"""Creating and deleting: what is accepted, what is refused, and what comes of it."""

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.scene import CREATION_SECONDS, DELETION_SECONDS, Scene, stage


def test_creating_is_accepted_at_once_and_takes_effect_later(scene: Scene) -> None:
    operation_id = scene.create()

    scene.clock.advance(CREATION_SECONDS - 1)
    assert scene.creation(operation_id)["Status"] == "IN_PROGRESS"
    assert not scene.stands()

    scene.clock.advance(1)
    assert scene.stands()
    assert scene.creation(operation_id)["Status"] == "SUCCEEDED"


def test_deleting_is_accepted_at_once_and_takes_effect_later(scene: Scene) -> None:
    scene.created()
    operation_id = scene.delete()

    scene.clock.advance(DELETION_SECONDS - 1)
    assert scene.stands()

    scene.clock.advance(1)
    assert not scene.stands()
    assert scene.deletion(operation_id)["Status"] == "SUCCEEDED"


def test_creating_what_exists_succeeds_and_leaves_one_assignment(scene: Scene) -> None:
    scene.created()
    operation_id = scene.create()
    scene.clock.advance(CREATION_SECONDS)

    assert scene.creation(operation_id)["Status"] == "SUCCEEDED"
    listed = scene.sso.list_account_assignments(
        InstanceArn=scene.instance,
        AccountId=scene.demo.accounts["shop-prod"],
        PermissionSetArn=scene.demo.permission_sets["AdministratorAccess"],
    )
    assert len(listed["AccountAssignments"]) == 1


def test_deleting_what_is_absent_fails_later_with_a_404(scene: Scene) -> None:
    operation_id = scene.delete()
    scene.clock.advance(DELETION_SECONDS)

    deletion = scene.deletion(operation_id)
    assert deletion["Status"] == "FAILED"
    assert "Received a 404 status error: EntitlementItem doesn't exist" in deletion["FailureReason"]


def test_deleting_what_is_absent_can_also_succeed() -> None:
    scene = stage(delete_of_absent="succeeded")
    operation_id = scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    assert scene.deletion(operation_id)["Status"] == "SUCCEEDED"


def test_deleting_what_is_absent_can_also_be_refused() -> None:
    scene = stage(delete_of_absent="refused")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.delete()


def test_deleting_for_a_removed_user_fails_and_leaves_the_assignment_listed(scene: Scene) -> None:
    scene.created()
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    operation_id = scene.delete()
    scene.clock.advance(DELETION_SECONDS)

    deletion = scene.deletion(operation_id)
    assert deletion["Status"] == "FAILED"
    assert f"was not found in directory {scene.store}" in deletion["FailureReason"]
    assert scene.stands()


def test_deleting_for_a_removed_user_can_also_succeed() -> None:
    scene = stage(delete_for_removed_principal="succeeded")
    scene.created()
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    assert not scene.stands()


def test_assignments_of_removed_users_can_also_vanish() -> None:
    scene = stage(assignments_of_removed_principals="vanish")
    scene.created()
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    assert not scene.stands()


def test_creating_for_an_unknown_user_fails_later_with_a_404(scene: Scene) -> None:
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    operation_id = scene.create()
    scene.clock.advance(CREATION_SECONDS)

    creation = scene.creation(operation_id)
    assert creation["Status"] == "FAILED"
    assert creation["FailureReason"].startswith("Received a 404 status error: the USER assignee")


def test_a_user_removed_while_the_operation_runs_makes_it_fail(scene: Scene) -> None:
    operation_id = scene.create()
    scene.clock.advance(1)
    scene.sandbox.directory.remove_user(scene.demo.users["alice"])
    scene.clock.advance(CREATION_SECONDS)
    assert scene.creation(operation_id)["Status"] == "FAILED"


def test_a_suspended_account_makes_the_operation_fail(scene: Scene) -> None:
    operation_id = scene.create(account="old-shop")
    scene.clock.advance(CREATION_SECONDS)
    assert "takes longer than usual" in scene.creation(operation_id)["FailureReason"]


def test_an_account_suspended_meanwhile_cannot_be_cleaned_up(scene: Scene) -> None:
    scene.created()
    scene.sandbox.organization.suspend(scene.demo.accounts["shop-prod"])
    operation_id = scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    assert scene.deletion(operation_id)["Status"] == "FAILED"
    assert scene.stands()


def test_an_account_takes_one_write_at_a_time(scene: Scene) -> None:
    scene.create()
    with pytest.raises(ClientError, match="ConflictException"):
        scene.delete(user="bob")
    scene.create(account="data-prod")

    scene.clock.advance(CREATION_SECONDS)
    scene.create(user="bob")


@pytest.mark.parametrize(
    ("field", "unknown"),
    [
        ("InstanceArn", "arn:aws:sso:::instance/ssoins-0000000000000000"),
        ("TargetId", "000000000000"),
        ("PermissionSetArn", "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000"),
    ],
)
def test_what_a_request_names_must_exist(scene: Scene, field: str, unknown: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.sso.create_account_assignment(**scene.triple() | {field: unknown})


def test_a_delegated_administrator_is_kept_out_of_the_management_account(scene: Scene) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        scene.create(account="management")


def test_a_delegated_administrator_may_not_use_what_is_provisioned_in_the_management_account(
    scene: Scene,
) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        scene.create(permission_set="BillingReadOnly")


def test_the_management_account_may_do_both() -> None:
    scene = stage(delegated_administrator=None)
    scene.create(account="management")
    scene.create(permission_set="BillingReadOnly")


def test_what_somebody_else_does_takes_effect_at_once(scene: Scene) -> None:
    triple = scene.triple()
    place = triple["TargetId"], triple["PermissionSetArn"], triple["PrincipalId"]
    scene.sandbox.assignments.put(*place)
    assert scene.stands()
    scene.sandbox.assignments.remove(*place)
    assert not scene.stands()
