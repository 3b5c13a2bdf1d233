"""One function per operation: from a state and checked parameters to an answer."""

from collections.abc import Callable, Mapping
from typing import Any

from protem.sandbox.handlers import (
    accounts,
    assignments,
    catalogue,
    groups,
    listings,
    policies,
    statuses,
    sts,
    users,
)
from protem.sandbox.state import State

Handler = Callable[[State, Mapping[str, Any]], dict[str, Any]]

# Operations that write permission sets have their place here: a module `permission_sets`.
SSO_ADMIN: dict[str, Handler] = {
    "CreateAccountAssignment": assignments.create,
    "DeleteAccountAssignment": assignments.delete,
    "DescribeAccountAssignmentCreationStatus": statuses.describe_creation,
    "DescribeAccountAssignmentDeletionStatus": statuses.describe_deletion,
    "ListAccountAssignmentCreationStatus": statuses.list_creations,
    "ListAccountAssignmentDeletionStatus": statuses.list_deletions,
    "ListAccountAssignments": listings.of_account,
    "ListAccountAssignmentsForPrincipal": listings.for_principal,
    "ListPermissionSetsProvisionedToAccount": listings.permission_sets_provisioned,
    "ListAccountsForProvisionedPermissionSet": listings.accounts_provisioned,
    "ListInstances": catalogue.list_instances,
    "ListPermissionSets": catalogue.list_permission_sets,
    "DescribePermissionSet": catalogue.describe_permission_set,
    "ListTagsForResource": catalogue.list_tags,
    "ListManagedPoliciesInPermissionSet": policies.list_managed,
    "ListCustomerManagedPolicyReferencesInPermissionSet": policies.list_customer_managed,
    "GetInlinePolicyForPermissionSet": policies.get_inline,
    "GetPermissionsBoundaryForPermissionSet": policies.get_boundary,
}

IDENTITY_STORE: dict[str, Handler] = {
    "ListUsers": users.list_users,
    "DescribeUser": users.describe,
    "GetUserId": users.get_id,
    "ListGroups": groups.list_groups,
    "DescribeGroup": groups.describe,
    "GetGroupId": groups.get_id,
    "ListGroupMemberships": groups.list_memberships,
    "ListGroupMembershipsForMember": groups.list_memberships_of,
}

ORGANIZATIONS: dict[str, Handler] = {
    "DescribeOrganization": accounts.describe_organization,
    "DescribeAccount": accounts.describe,
    "ListRoots": accounts.list_roots,
    "ListAccounts": accounts.list_accounts,
    "ListAccountsForParent": accounts.list_for_parent,
    "ListOrganizationalUnitsForParent": accounts.list_units_for_parent,
    "ListParents": accounts.list_parents,
    "ListTagsForResource": accounts.list_tags,
}

STS: dict[str, Handler] = {"GetCallerIdentity": sts.get_caller_identity}

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "sso-admin": SSO_ADMIN,
    "identitystore": IDENTITY_STORE,
    "organizations": ORGANIZATIONS,
    "sts": STS,
}
