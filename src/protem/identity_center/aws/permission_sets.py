"""Permission sets with all that they carry: six calls for each."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from protem.domain import durations
from protem.identity_center.aws.attempts import Attempts
from protem.identity_center.aws.policies import Policies, Reference
from protem.identity_center.errors import CallRejected
from protem.identity_center.values import PermissionSet

if TYPE_CHECKING:
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.type_defs import (
        CustomerManagedPolicyReferenceTypeDef,
        PermissionsBoundaryTypeDef,
    )

_DEFAULT_SESSION_DURATION = "PT1H"


class PermissionSets:
    """The permission sets of one instance; the block that reads their answers is the caller's."""

    def __init__(self, client: "SSOAdminClient", *, attempts: Attempts, instance_arn: str) -> None:
        self._client = client
        self._attempts = attempts
        self._instance_arn = instance_arn

    def all(self) -> tuple[PermissionSet, ...]:
        pages = self._client.get_paginator("list_permission_sets").paginate(InstanceArn=self._instance_arn)
        return tuple(self._read(arn) for page in pages for arn in page.get("PermissionSets", ()))

    def _read(self, arn: str) -> PermissionSet:
        described = self._client.describe_permission_set(
            InstanceArn=self._instance_arn, PermissionSetArn=arn
        )["PermissionSet"]
        session_duration = durations.parse(described.get("SessionDuration", _DEFAULT_SESSION_DURATION))
        return PermissionSet(
            arn=arn,
            instance_arn=self._instance_arn,
            name=described["Name"],
            description=described.get("Description", ""),
            session_duration=session_duration,
            policies_digest=self._policies(arn, session_duration).digest(),
            tags=self._tags(arn),
        )

    def _policies(self, arn: str, session_duration: timedelta) -> Policies:
        return Policies(
            managed_arns=self._managed_arns(arn),
            customer_managed=self._customer_managed(arn),
            inline=self._inline(arn),
            boundary=self._boundary(arn),
            session_duration=session_duration,
        )

    def _managed_arns(self, arn: str) -> frozenset[str]:
        pages = self._client.get_paginator("list_managed_policies_in_permission_set").paginate(
            InstanceArn=self._instance_arn, PermissionSetArn=arn
        )
        return frozenset(
            policy["Arn"] for page in pages for policy in page.get("AttachedManagedPolicies", ())
        )

    def _customer_managed(self, arn: str) -> frozenset[Reference]:
        pages = self._client.get_paginator(
            "list_customer_managed_policy_references_in_permission_set"
        ).paginate(InstanceArn=self._instance_arn, PermissionSetArn=arn)
        return frozenset(
            _reference(policy) for page in pages for policy in page.get("CustomerManagedPolicyReferences", ())
        )

    def _inline(self, arn: str) -> str:
        answer = self._client.get_inline_policy_for_permission_set(
            InstanceArn=self._instance_arn, PermissionSetArn=arn
        )
        return answer.get("InlinePolicy", "")

    def _boundary(self, arn: str) -> str | Reference | None:
        """Return the boundary; AWS says that there is none by a refusal."""
        try:
            with self._attempts.of("GetPermissionsBoundaryForPermissionSet"):
                answer = self._client.get_permissions_boundary_for_permission_set(
                    InstanceArn=self._instance_arn, PermissionSetArn=arn
                )
                return _boundary(answer.get("PermissionsBoundary", {}))
        except CallRejected as refusal:
            if refusal.code == "ResourceNotFoundException":
                return None
            raise

    def _tags(self, arn: str) -> Mapping[str, str]:
        pages = self._client.get_paginator("list_tags_for_resource").paginate(
            InstanceArn=self._instance_arn, ResourceArn=arn
        )
        return {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", ())}


def _boundary(answer: "PermissionsBoundaryTypeDef") -> str | Reference | None:
    if "CustomerManagedPolicyReference" in answer:
        return _reference(answer["CustomerManagedPolicyReference"])
    return answer.get("ManagedPolicyArn")


def _reference(answer: "CustomerManagedPolicyReferenceTypeDef") -> Reference:
    return answer["Name"], answer.get("Path", "/")
