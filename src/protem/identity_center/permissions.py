"""Every operation that Protem can call in AWS, and the permission that it takes: one table.

Actions, resource types and condition keys are those of AWS's Service Authorization Reference. Of the
two that write, each takes the instance, the account and the permission set as resources; only the
permission set, and the instance, know ``aws:ResourceTag``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

ANYTHING = "*"
INSTANCE = "arn:{partition}:sso:::instance/{instance}"
PERMISSION_SETS = "arn:{partition}:sso:::permissionSet/{instance}/*"
ACCOUNTS = "arn:{partition}:sso:::account/{account}"
STORE = "arn:{partition}:identitystore::*:identitystore/{store}"
USERS = "arn:{partition}:identitystore:::user/*"
GROUPS = "arn:{partition}:identitystore:::group/*"
MEMBERSHIPS = "arn:{partition}:identitystore:::membership/*"


class Use(StrEnum):
    """What an operation does to access."""

    BEGIN = "begin"
    END = "end"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Permission:
    """What one operation takes; ``resources`` are the ARNs that AWS checks it against."""

    service: str
    operation: str
    action: str
    resources: tuple[str, ...]
    why: str
    use: Use = Use.READ


_ASSIGNING = (INSTANCE, ACCOUNTS, PERMISSION_SETS)
_OF_A_SET = (INSTANCE, PERMISSION_SETS)


def _sso(operation: str, resources: tuple[str, ...], why: str, use: Use = Use.READ) -> Permission:
    return Permission("sso-admin", operation, f"sso:{operation}", resources, why, use)


def _store(operation: str, resources: tuple[str, ...], why: str) -> Permission:
    return Permission("identitystore", operation, f"identitystore:{operation}", (STORE, *resources), why)


def _organizations(operation: str, why: str) -> Permission:
    return Permission("organizations", operation, f"organizations:{operation}", (ANYTHING,), why)


PERMISSIONS: tuple[Permission, ...] = (
    _sso("CreateAccountAssignment", _ASSIGNING, "access begins", Use.BEGIN),
    _sso("DeleteAccountAssignment", _ASSIGNING, "access ends", Use.END),
    _sso("DescribeAccountAssignmentCreationStatus", (INSTANCE,), "whether a creation is finished"),
    _sso("DescribeAccountAssignmentDeletionStatus", (INSTANCE,), "whether a deletion is finished"),
    _sso("ListAccountAssignments", _ASSIGNING, "who holds what: evidence before and after each write"),
    _sso(
        "ListAccountAssignmentsForPrincipal",
        (INSTANCE, ACCOUNTS),
        "the same for all that one principal holds; without it, one account at a time",
    ),
    _sso("ListAccountAssignmentCreationStatus", (INSTANCE,), "which creations run, many at once"),
    _sso("ListAccountAssignmentDeletionStatus", (INSTANCE,), "which deletions run, many at once"),
    _sso("ListAccountsForProvisionedPermissionSet", _OF_A_SET, "where to look for standing access"),
    _sso("ListInstances", (ANYTHING,), "which instance there is, and its identity store"),
    _sso("ListPermissionSets", (INSTANCE,), "catalogue"),
    _sso("DescribePermissionSet", _OF_A_SET, "catalogue: name and session duration"),
    _sso("ListManagedPoliciesInPermissionSet", _OF_A_SET, "digest of what approvers are shown"),
    _sso("ListCustomerManagedPolicyReferencesInPermissionSet", _OF_A_SET, "the same"),
    _sso("GetInlinePolicyForPermissionSet", _OF_A_SET, "the same"),
    _sso("GetPermissionsBoundaryForPermissionSet", _OF_A_SET, "the same"),
    _sso("ListTagsForResource", (PERMISSION_SETS,), "tags of permission sets"),
    _store("ListUsers", (USERS,), "catalogue"),
    _store("DescribeUser", (USERS,), "whether a principal of whom nothing is listed is still there"),
    _store("ListGroups", (GROUPS,), "catalogue"),
    _store("ListGroupMemberships", (GROUPS, MEMBERSHIPS), "catalogue"),
    _organizations("DescribeOrganization", "which account is the management account"),
    _organizations("ListRoots", "organizational units"),
    _organizations("ListOrganizationalUnitsForParent", "organizational units"),
    _organizations("ListAccounts", "catalogue"),
    _organizations("ListTagsForResource", "tags of accounts"),
    _organizations(
        "ListParents", "the unit of an account, only where AWS lists accounts without their paths"
    ),
)

BY_ACTION: Mapping[str, Permission] = MappingProxyType({one.action: one for one in PERMISSIONS})
