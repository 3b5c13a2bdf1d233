"""The life of an assignment over the sso-admin API."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from protem.domain.texts import readable
from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.aws.identifiers import require_valid
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
        AccountAssignmentOperationStatusTypeDef,
        AccountAssignmentTypeDef,
        CreateAccountAssignmentRequestTypeDef,
    )

_PRINCIPAL_TYPES = frozenset(PrincipalType)
_STATUSES = frozenset(OperationStatus)


class AwsAssignments:
    """``Assignments`` over a client that never retries: the reconciler decides what to do again."""

    def __init__(self, client: "SSOAdminClient", *, attempts: Attempts) -> None:
        self._client = client
        self._attempts = attempts
        attempts.watch(client)

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        with self._attempts.of("ListAccountAssignments"):
            require_valid(InstanceArn=instance_arn, AccountId=account_id, PermissionSetArn=permission_set_arn)
            pages = self._client.get_paginator("list_account_assignments").paginate(
                InstanceArn=instance_arn, AccountId=account_id, PermissionSetArn=permission_set_arn
            )
            items = (item for page in pages for item in page.get("AccountAssignments", ()))
            return frozenset(holder for item in items for holder in _holders(item))

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


def _holders(item: "AccountAssignmentTypeDef") -> Iterator[Holder]:
    # A kind of principal that AWS may yet invent is none of ours, and must not hide those that are.
    if item["PrincipalType"] in _PRINCIPAL_TYPES:
        yield Holder(PrincipalType(item["PrincipalType"]), item["PrincipalId"])
