"""The life of an assignment, as seen through boto3."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.centers import Center

NOBODY = "00000000-0000-4000-8000-000000000000"
STATUS_OF_CREATION = "AccountAssignmentCreationStatus"
STATUS_OF_DELETION = "AccountAssignmentDeletionStatus"


@pytest.fixture
def triple(center: Center) -> dict[str, str]:
    return {
        "InstanceArn": center.instance,
        "TargetId": center.add_account("shop"),
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": center.add_permission_set("Admin"),
        "PrincipalType": "USER",
        "PrincipalId": center.add_user("alice@example.com"),
    }


def create(center: Center, triple: dict[str, str]) -> Any:
    return center.sso.create_account_assignment(**triple)[STATUS_OF_CREATION]


def delete(center: Center, triple: dict[str, str]) -> Any:
    return center.sso.delete_account_assignment(**triple)[STATUS_OF_DELETION]


def creation(center: Center, operation_id: str) -> Any:
    return center.sso.describe_account_assignment_creation_status(
        InstanceArn=center.instance, AccountAssignmentCreationRequestId=operation_id
    )[STATUS_OF_CREATION]


def deletion(center: Center, operation_id: str) -> Any:
    return center.sso.describe_account_assignment_deletion_status(
        InstanceArn=center.instance, AccountAssignmentDeletionRequestId=operation_id
    )[STATUS_OF_DELETION]


def listed(center: Center, triple: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = center.sso.list_account_assignments(
        InstanceArn=center.instance,
        AccountId=triple["TargetId"],
        PermissionSetArn=triple["PermissionSetArn"],
    )["AccountAssignments"]
    return found


def test_a_creation_is_in_progress_at_first(center: Center, triple: dict[str, str]) -> None:
    assert create(center, triple)["Status"] == "IN_PROGRESS"


def test_a_creation_is_answered_with_what_was_asked(center: Center, triple: dict[str, str]) -> None:
    answer = create(center, triple)
    del triple["InstanceArn"]
    assert triple.items() <= answer.items()


def test_what_was_created_is_listed(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    center.settle()
    assert listed(center, triple) == [
        {
            "AccountId": triple["TargetId"],
            "PermissionSetArn": triple["PermissionSetArn"],
            "PrincipalType": "USER",
            "PrincipalId": triple["PrincipalId"],
        }
    ]


def test_a_creation_is_found_by_its_request_id(center: Center, triple: dict[str, str]) -> None:
    operation_id = create(center, triple)["RequestId"]
    center.settle()
    found = creation(center, operation_id)
    assert (found["RequestId"], found["Status"]) == (operation_id, "SUCCEEDED")


def test_creating_twice_leaves_one_assignment(center: Center, triple: dict[str, str]) -> None:
    for _ in range(2):
        create(center, triple)
        center.settle()
    assert len(listed(center, triple)) == 1


def test_what_was_deleted_is_not_listed(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    center.settle()
    delete(center, triple)
    center.settle()
    assert listed(center, triple) == []


def test_a_deletion_is_found_by_its_request_id(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    center.settle()
    operation_id = delete(center, triple)["RequestId"]
    center.settle()
    found = deletion(center, operation_id)
    assert (found["RequestId"], found["Status"]) == (operation_id, "SUCCEEDED")


def test_a_deletion_has_a_request_id_of_its_own(center: Center, triple: dict[str, str]) -> None:
    created = create(center, triple)["RequestId"]
    center.settle()
    assert delete(center, triple)["RequestId"] != created


def test_deleting_what_is_absent_is_accepted_and_fails(center: Center, triple: dict[str, str]) -> None:
    operation_id = delete(center, triple)["RequestId"]
    center.settle()
    assert deletion(center, operation_id)["Status"] == "FAILED"


def test_creating_for_nobody_is_accepted_and_fails(center: Center, triple: dict[str, str]) -> None:
    operation_id = create(center, triple | {"PrincipalId": NOBODY})["RequestId"]
    center.settle()
    assert creation(center, operation_id)["Status"] == "FAILED"


def test_creating_in_an_unknown_account_is_refused(center: Center, triple: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(center, triple | {"TargetId": "000000000000"})


def test_creating_with_an_unknown_permission_set_is_refused(center: Center, triple: dict[str, str]) -> None:
    unknown = f"arn:aws:sso:::permissionSet/{center.instance.rpartition('/')[2]}/ps-0000000000000000"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        create(center, triple | {"PermissionSetArn": unknown})


def test_an_account_takes_one_write_at_a_time(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    with pytest.raises(ClientError, match="ConflictException"):
        delete(center, triple)


@pytest.mark.parametrize("describe", [creation, deletion])
def test_an_unknown_request_id_is_not_found(center: Center, describe: Callable[[Center, str], Any]) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        describe(center, NOBODY)


def test_running_creations_are_listed(center: Center, triple: dict[str, str]) -> None:
    operation_id = create(center, triple)["RequestId"]
    found = center.sso.list_account_assignment_creation_status(
        InstanceArn=center.instance, Filter={"Status": "IN_PROGRESS"}
    )["AccountAssignmentsCreationStatus"]
    assert [item["RequestId"] for item in found] == [operation_id]


def test_finished_deletions_are_listed(center: Center, triple: dict[str, str]) -> None:
    operation_id = delete(center, triple)["RequestId"]
    center.settle()
    found = center.sso.list_account_assignment_deletion_status(
        InstanceArn=center.instance, Filter={"Status": "FAILED"}
    )["AccountAssignmentsDeletionStatus"]
    assert [item["RequestId"] for item in found] == [operation_id]


def test_an_identifier_out_of_pattern_is_refused(center: Center, triple: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        create(center, triple | {"PrincipalId": "alice@example.com"})


def test_a_word_out_of_its_enumeration_is_refused(center: Center, triple: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        create(center, triple | {"PrincipalType": "ROBOT"})


def test_a_principal_s_own_assignments_are_listed(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    center.settle()
    assert for_principal(center, triple) == [("USER", triple["PrincipalId"])]


def test_access_through_a_group_is_listed_for_its_members(center: Center, triple: dict[str, str]) -> None:
    group = center.add_group("admins", triple["PrincipalId"])
    create(center, triple | {"PrincipalType": "GROUP", "PrincipalId": group})
    center.settle()
    assert for_principal(center, triple) == [("GROUP", group)]


def for_principal(center: Center, triple: dict[str, str]) -> list[tuple[str, str]]:
    found = center.sso.list_account_assignments_for_principal(
        InstanceArn=center.instance, PrincipalId=triple["PrincipalId"], PrincipalType="USER"
    )["AccountAssignments"]
    return [(item["PrincipalType"], item["PrincipalId"]) for item in found]


def test_an_assignment_provisions_its_permission_set(center: Center, triple: dict[str, str]) -> None:
    create(center, triple)
    center.settle()
    sets = center.sso.list_permission_sets_provisioned_to_account(
        InstanceArn=center.instance, AccountId=triple["TargetId"]
    )
    assert sets["PermissionSets"] == [triple["PermissionSetArn"]]
    accounts = center.sso.list_accounts_for_provisioned_permission_set(
        InstanceArn=center.instance, PermissionSetArn=triple["PermissionSetArn"]
    )
    assert accounts["AccountIds"] == [triple["TargetId"]]


def test_assignments_come_in_pages(center: Center, triple: dict[str, str]) -> None:
    users = {center.add_user(f"user{number}@example.com") for number in range(5)}
    for user in users:
        create(center, triple | {"PrincipalId": user})
        center.settle()
    pages = center.sso.get_paginator("list_account_assignments").paginate(
        InstanceArn=center.instance,
        AccountId=triple["TargetId"],
        PermissionSetArn=triple["PermissionSetArn"],
        PaginationConfig={"PageSize": 2},
    )
    found = [[item["PrincipalId"] for item in page["AccountAssignments"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert set().union(*found) == users
