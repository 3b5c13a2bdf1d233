"""What Protem asks of Identity Center; the reconciler knows nothing else of AWS."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from protem.identity_center.values import (
    Account,
    AssignmentKey,
    Group,
    Holder,
    Instance,
    Operation,
    OperationKind,
    OrganizationalUnit,
    PermissionSet,
    User,
)


class Assignments(Protocol):
    """The life of an assignment. Every call raises ``GatewayError``, and nothing else."""

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        """Return everybody assigned to one permission set in one account, all pages."""
        ...

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        """Return what one principal was itself assigned, all pages; access through groups is left out.

        ``CallRejected`` if AWS knows no such principal: what it still holds is listed elsewhere only.
        """
        ...

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        """Return the ids of the operations that AWS lists as running, all pages: a hint, and no evidence."""
        ...

    def create(self, key: AssignmentKey) -> Operation:
        """Ask AWS to make the assignment."""
        ...

    def delete(self, key: AssignmentKey) -> Operation:
        """Ask AWS to remove the assignment."""
        ...

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        """Return how an accepted operation stands."""
        ...

    def clock_offset(self) -> timedelta | None:
        """Return AWS's ``Date`` of the latest answer minus our clock; None before the first."""
        ...


class Directory(Protocol):
    """What the catalogue is made from. Every call raises ``GatewayError``, and nothing else."""

    def instances(self) -> tuple[Instance, ...]: ...

    def permission_sets(self, instance_arn: str) -> Iterable[PermissionSet]: ...

    def users(self, identity_store_id: str) -> Iterable[User]: ...

    def groups(self, identity_store_id: str) -> Iterable[Group]: ...

    def organizational_units(self) -> Iterable[OrganizationalUnit]: ...

    def accounts(self) -> Iterable[Account]: ...

    def accounts_provisioned(self, *, instance_arn: str, permission_set_arn: str) -> Iterable[str]:
        """Return the ids of the accounts in which somebody holds this permission set."""
        ...
