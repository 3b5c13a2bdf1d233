"""What AWS tells, as values of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class PrincipalType(StrEnum):
    """Whom an assignment is for."""

    USER = "USER"
    GROUP = "GROUP"


class OperationKind(StrEnum):
    """Which of the two asynchronous changes an operation makes."""

    CREATE = "create"
    DELETE = "delete"


class OperationStatus(StrEnum):
    """AWS's word on an operation that it has accepted."""

    IN_PROGRESS = "IN_PROGRESS"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True, slots=True)
class Holder:
    """A principal that holds an assignment."""

    principal_type: PrincipalType
    principal_id: str


@dataclass(frozen=True, slots=True)
class AssignmentKey:
    """Principal × permission set × account: AWS's own unit."""

    instance_arn: str
    account_id: str
    permission_set_arn: str
    principal_id: str
    principal_type: PrincipalType = PrincipalType.USER

    @property
    def holder(self) -> Holder:
        return Holder(self.principal_type, self.principal_id)


@dataclass(frozen=True, slots=True)
class Operation:
    """An asynchronous change that AWS has accepted; ``reason`` says why it failed."""

    id: str
    status: OperationStatus
    reason: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An Identity Center instance and the directory behind it."""

    arn: str
    identity_store_id: str
    owner_account_id: str


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set; ``policies_digest`` covers every policy that it carries."""

    arn: str
    instance_arn: str
    name: str
    description: str
    session_duration: timedelta
    policies_digest: str
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """A user of the identity store."""

    id: str
    user_name: str
    display_name: str
    email: str | None
    external_id: str | None = None
    """What provisioning from elsewhere knows the user by; None if nothing does, or several things."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the identity store with the ids of its users."""

    id: str
    name: str
    member_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OrganizationalUnit:
    """An OU, or the root, which has no parent."""

    id: str
    name: str
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the organization."""

    id: str
    name: str
    email: str
    status: str
    parent_id: str
    is_management: bool
    tags: Mapping[str, str] = field(default_factory=dict)
