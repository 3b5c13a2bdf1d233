"""Every table of the store."""

from protem.db.models.catalogue import (
    Account,
    CatalogueSync,
    Group,
    Instance,
    Membership,
    OrganizationalUnit,
    PermissionSet,
    Principal,
)
from protem.db.models.grants import Act, Assignment, Grant, Lease, Observed, Provenance
from protem.db.models.policy import EntitlementVersion
from protem.db.models.record import AuditEvent, Token, TokenRole
from protem.db.models.requests import Decision, IdempotencyKey, Involved, Involvement, Request, Target
from protem.db.models.stops import Lock, Review
from protem.db.models.table import Table, new_id

__all__ = [
    "Account",
    "Act",
    "Assignment",
    "AuditEvent",
    "CatalogueSync",
    "Decision",
    "EntitlementVersion",
    "Grant",
    "Group",
    "IdempotencyKey",
    "Instance",
    "Involved",
    "Involvement",
    "Lease",
    "Lock",
    "Membership",
    "Observed",
    "OrganizationalUnit",
    "PermissionSet",
    "Principal",
    "Provenance",
    "Request",
    "Review",
    "Table",
    "Target",
    "Token",
    "TokenRole",
    "new_id",
]
