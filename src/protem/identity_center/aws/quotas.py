"""Quotas of single operations, which are narrower than the budget in front of everything.

Rates in calls a second, each with the burst of two that a budget allows still within what AWS
documents for the operation. ``sso-admin`` has one quota for all its operations: the budget itself.
"""

from collections.abc import Mapping

IDENTITY_STORE: Mapping[str, float] = {
    "DescribeUser": 18.0,
    "ListUsers": 18.0,
    "ListGroups": 18.0,
    "ListGroupMemberships": 18.0,
}

ORGANIZATIONS: Mapping[str, float] = {
    "DescribeOrganization": 1.0,
    "ListRoots": 0.5,
    "ListOrganizationalUnitsForParent": 3.0,
    "ListAccounts": 6.0,
    "ListParents": 3.0,
    "ListTagsForResource": 8.0,
}
