"""Every table of the store."""

from protem.db.models.catalogue import (
    Account,
    CatalogueStamp,
    CatalogueSync,
    Group,
    Instance,
    Membership,
    OrganizationalUnit,
    PermissionSet,
    Principal,
)
from protem.db.models.chain import Chain, Checkpoint, DroppedSegment, Seal, UnsealedEvent
from protem.db.models.changes import Change, ChangeState
from protem.db.models.grants import Act, Assignment, Grant, Lease, Observed, Provenance
from protem.db.models.heartbeats import Heartbeat
from protem.db.models.history import HistoryExport, Pruned, PrunedKind
from protem.db.models.outbox import Delivery, DeliveryAttempt, DeliveryState, EventsFile, Webhook
from protem.db.models.policy import EntitlementVersion
from protem.db.models.record import AuditEvent, Login, Token, TokenRole
from protem.db.models.requests import Decision, IdempotencyKey, Involved, Involvement, Request, Target
from protem.db.models.stops import Lock, Review
from protem.db.models.table import Table, new_id

__all__ = [
    "Account",
    "Act",
    "Assignment",
    "AuditEvent",
    "CatalogueStamp",
    "CatalogueSync",
    "Chain",
    "Change",
    "ChangeState",
    "Checkpoint",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "DroppedSegment",
    "EntitlementVersion",
    "EventsFile",
    "Grant",
    "Group",
    "Heartbeat",
    "HistoryExport",
    "IdempotencyKey",
    "Instance",
    "Involved",
    "Involvement",
    "Lease",
    "Lock",
    "Login",
    "Membership",
    "Observed",
    "OrganizationalUnit",
    "PermissionSet",
    "Principal",
    "Provenance",
    "Pruned",
    "PrunedKind",
    "Request",
    "Review",
    "Seal",
    "Table",
    "Target",
    "Token",
    "TokenRole",
    "UnsealedEvent",
    "Webhook",
    "new_id",
]
