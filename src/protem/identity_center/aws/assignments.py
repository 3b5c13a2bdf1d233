"""The life of an assignment over the sso-admin API."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from protem.domain.texts import readable
from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.aws.identifiers import require_valid
from protem.identity_center.aws.people import People
from protem.identity_center.errors import CallRejected
from protem.identity_center.values import (
    AssignmentKey,
    Holder,
    Operation,
    OperationKind,
    OperationStatus,
    PrincipalType,
)

if TYPE_CHECKING:
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.type_defs import (
        AccountAssignmentForPrincipalTypeDef,
        AccountAssignmentOperationStatusTypeDef,
        AccountAssignmentTypeDef,
        CreateAccountAssignmentRequestTypeDef,
    )

_PRINCIPAL_TYPES = frozenset(PrincipalType)
_STATUSES = frozenset(OperationStatus)
_PAGE = 100
"""The most that AWS puts on a page of these listings."""


class AwsAssignments:
    """``Assignments`` over a client that never retries: the reconciler decides what to do again."""

    def __init__(self, client: "SSOAdminClient", *, attempts: Attempts, people: People) -> None:
        self._client = client
        self._attempts = attempts
        self._people = people
        self._stores: dict[str, str] = {}
        attempts.watch(client)

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        with self._attempts.of("ListAccountAssignments"):
            require_valid(InstanceArn=instance_arn, AccountId=account_id, PermissionSetArn=permission_set_arn)
            pages = self._client.get_paginator("list_account_assignments").paginate(
                InstanceArn=instance_arn, AccountId=account_id, PermissionSetArn=permission_set_arn
            )
            items = (item for page in pages for item in page.get("AccountAssignments", ()))
            return frozenset(holder for item in items for holder in _holders(item))

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        items = self._items_of(holder, instance_arn)
        if not items and not self._knows(holder, instance_arn):
            # Assignments outlive those who held them, and are listed only where they are.
            message = f"nothing is listed of {holder.principal_id}, and nobody knows who that is"
            raise CallRejected("ListAccountAssignmentsForPrincipal", "ResourceNotFoundException", message)
        return frozenset(
            AssignmentKey(instance_arn, item["AccountId"], item["PermissionSetArn"], *_itself(holder))
            for item in items
            if (item["PrincipalType"], item["PrincipalId"]) == (holder.principal_type, holder.principal_id)
        )

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        match kind:
            case OperationKind.CREATE:
                return self._running_creations(instance_arn)
            case OperationKind.DELETE:
                return self._running_deletions(instance_arn)

    def create(self, key: AssignmentKey) -> Operation:
        with self._attempts.of("CreateAccountAssignment"):
            answer = self._client.create_account_assignment(**_parameters(key))
            return _operation(answer["AccountAssignmentCreationStatus"])

    def delete(self, key: AssignmentKey) -> Operation:
        with self._attempts.of("DeleteAccountAssignment"):
            answer = self._client.delete_account_assignment(**_parameters(key))
            return _operation(answer["AccountAssignmentDeletionStatus"])

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        match kind:
            case OperationKind.CREATE:
                return self._describe_creation(instance_arn, operation_id)
            case OperationKind.DELETE:
                return self._describe_deletion(instance_arn, operation_id)

    def clock_offset(self) -> timedelta | None:
        return self._attempts.offset.latest

    def _items_of(self, holder: Holder, instance_arn: str) -> "list[AccountAssignmentForPrincipalTypeDef]":
        with self._attempts.of("ListAccountAssignmentsForPrincipal"):
            require_valid(InstanceArn=instance_arn, PrincipalId=holder.principal_id)
            pages = self._client.get_paginator("list_account_assignments_for_principal").paginate(
                InstanceArn=instance_arn,
                PrincipalId=holder.principal_id,
                PrincipalType=holder.principal_type.value,
                PaginationConfig={"PageSize": _PAGE},
            )
            return [item for page in pages for item in page.get("AccountAssignments", ())]

    def _knows(self, holder: Holder, instance_arn: str) -> bool:
        if holder.principal_type is not PrincipalType.USER:
            return False
        if not self._stores:
            self._stores = self._instances()
        store_id = self._stores.get(instance_arn)
        return store_id is not None and self._people.knows(store_id, holder.principal_id)

    def _instances(self) -> dict[str, str]:
        with self._attempts.of("ListInstances"):
            pages = self._client.get_paginator("list_instances").paginate()
            return {one["InstanceArn"]: one["IdentityStoreId"] for page in pages for one in page["Instances"]}

    def _running_creations(self, instance_arn: str) -> frozenset[str]:
        with self._attempts.of("ListAccountAssignmentCreationStatus"):
            require_valid(InstanceArn=instance_arn)
            pages = self._client.get_paginator("list_account_assignment_creation_status").paginate(
                InstanceArn=instance_arn,
                Filter={"Status": "IN_PROGRESS"},
                PaginationConfig={"PageSize": _PAGE},
            )
            listed = (item for page in pages for item in page["AccountAssignmentsCreationStatus"])
            return frozenset(item["RequestId"] for item in listed)

    def _running_deletions(self, instance_arn: str) -> frozenset[str]:
        with self._attempts.of("ListAccountAssignmentDeletionStatus"):
            require_valid(InstanceArn=instance_arn)
            pages = self._client.get_paginator("list_account_assignment_deletion_status").paginate(
                InstanceArn=instance_arn,
                Filter={"Status": "IN_PROGRESS"},
                PaginationConfig={"PageSize": _PAGE},
            )
            listed = (item for page in pages for item in page["AccountAssignmentsDeletionStatus"])
            return frozenset(item["RequestId"] for item in listed)

    def _describe_creation(self, instance_arn: str, operation_id: str) -> Operation:
        with self._attempts.of("DescribeAccountAssignmentCreationStatus"):
            require_valid(InstanceArn=instance_arn)
            answer = self._client.describe_account_assignment_creation_status(
                InstanceArn=instance_arn, AccountAssignmentCreationRequestId=operation_id
            )
            return _operation(answer["AccountAssignmentCreationStatus"])

    def _describe_deletion(self, instance_arn: str, operation_id: str) -> Operation:
        with self._attempts.of("DescribeAccountAssignmentDeletionStatus"):
            require_valid(InstanceArn=instance_arn)
            answer = self._client.describe_account_assignment_deletion_status(
                InstanceArn=instance_arn, AccountAssignmentDeletionRequestId=operation_id
            )
            return _operation(answer["AccountAssignmentDeletionStatus"])


def _parameters(key: AssignmentKey) -> "CreateAccountAssignmentRequestTypeDef":
    require_valid(
        InstanceArn=key.instance_arn,
        TargetId=key.account_id,
        PermissionSetArn=key.permission_set_arn,
        PrincipalId=key.principal_id,
    )
    return {
        "InstanceArn": key.instance_arn,
        "TargetId": key.account_id,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": key.permission_set_arn,
        "PrincipalType": key.principal_type.value,
        "PrincipalId": key.principal_id,
    }


def _operation(answer: "AccountAssignmentOperationStatusTypeDef") -> Operation:
    created_at = answer.get("CreatedDate")
    status, reason = answer.get("Status", ""), answer.get("FailureReason")
    return Operation(
        id=answer["RequestId"],
        # A word that we do not know is not known to be an end.
        status=OperationStatus(status) if status in _STATUSES else OperationStatus.IN_PROGRESS,
        reason=readable(reason) if reason else None,
        created_at=created_at and created_at.astimezone(UTC),
    )


def _itself(holder: Holder) -> tuple[str, PrincipalType]:
    return holder.principal_id, holder.principal_type


def _holders(item: "AccountAssignmentTypeDef") -> Iterator[Holder]:
    # A kind of principal that AWS may yet invent is none of ours, and must not hide those that are.
    if item["PrincipalType"] in _PRINCIPAL_TYPES:
        yield Holder(PrincipalType(item["PrincipalType"]), item["PrincipalId"])
