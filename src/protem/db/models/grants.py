"""Access that is owed for a window, and the assignments in AWS that carry it."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    TextClause,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table, new_id
from protem.db.types import one_of
from protem.domain.lifecycle import EndReason, GrantState
from protem.domain.owing import Owing
from protem.domain.windows import Window


class Provenance(StrEnum):
    """Who made the present incarnation of an assignment."""

    NONE = "none"
    BROKERED = "brokered"
    STANDING = "standing"


class Observed(StrEnum):
    """What AWS was last seen to hold."""

    UNKNOWN = "unknown"
    ABSENT = "absent"
    PRESENT = "present"


class Act(StrEnum):
    """What a claim is for: the call to AWS that its holder is about to make."""

    LOOK = "look"
    CREATE = "create"
    DELETE = "delete"
    POLL = "poll"


UNDER_WAY = text("operation_kind IS NOT NULL OR claim_id IS NOT NULL")
"""Holds for assignments that a call, or an operation of AWS, is about."""
HELD = text("observed <> 'absent' OR provenance <> 'none'")
"""Holds for assignments that AWS has, as far as anybody knows, or may have."""


def grouped(condition: TextClause) -> ColumnElement[bool]:
    """Return one of these conditions for use beside others."""
    # Of no type: SQLite would compare one that is boolean with 1, and not know its index by that.
    return literal_column(f"({condition.text})")


_STUCK = text("stuck_since IS NOT NULL")
_LIVE = text("ended_at IS NULL")


class Assignment(Table):
    """The thing in AWS: one principal, one permission set, one account. Several grants may hold it."""

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint(
            "instance_arn",
            "account_id",
            "permission_set_arn",
            "principal_id",
            name="uq_assignments_triple",
        ),
        CheckConstraint("principal_type IN ('USER', 'GROUP')", name="principal_type"),
        CheckConstraint("(claim IS NULL) = (claim_id IS NULL)", name="claim_whole"),
        CheckConstraint("operation_kind IN ('create', 'delete')", name="operation_writes"),
        CheckConstraint("(operation_id IS NULL) = (operation_kind IS NULL)", name="operation_whole"),
        Index(None, "next_attempt_at"),
        Index(None, "principal_id", "id"),
        Index(None, "account_id", "id"),
        Index(None, "permission_set_arn", "id"),
        # Few rows at any time, however many there have been: the reconciler reads them at each tick.
        Index("ix_assignments_under_way", "account_id", sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY),
        Index(
            "ix_assignments_stuck", "account_id", "stuck_since", sqlite_where=_STUCK, postgresql_where=_STUCK
        ),
        Index("ix_assignments_held", "id", sqlite_where=HELD, postgresql_where=HELD),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    instance_arn: Mapped[str] = mapped_column(String(256))
    account_id: Mapped[str] = mapped_column(String(12))
    permission_set_arn: Mapped[str] = mapped_column(String(256))
    principal_type: Mapped[str] = mapped_column(String(8), default="USER")
    principal_id: Mapped[str] = mapped_column(String(64))

    provenance: Mapped[Provenance] = mapped_column(
        one_of(Provenance, name="provenance"), default=Provenance.NONE
    )
    observed: Mapped[Observed] = mapped_column(one_of(Observed, name="observed"), default=Observed.UNKNOWN)
    observed_at: Mapped[datetime | None]
    """When AWS last told us so."""
    observed_since: Mapped[datetime | None]
    """When AWS first told us so, without a word to the contrary since."""

    operation_kind: Mapped[Act | None] = mapped_column(one_of(Act, name="operation_kind"))
    operation_id: Mapped[str | None] = mapped_column(String(64))
    operation_started_at: Mapped[datetime | None]
    operation_left_at: Mapped[datetime | None]
    """When AWS was first seen to list it as running no longer: a hint, and no word on what became of it."""
    unconfirmed_create_at: Mapped[datetime | None]
    """When the outcome of a create of ours was last unknown: absence is provisional from then on."""
    unconfirmed_delete_at: Mapped[datetime | None]
    """When the outcome of a delete of ours was last unknown: it may still land."""
    renewing_since: Mapped[datetime | None]
    """When it was found removed by others, though a grant that has it made anew owes it still."""

    force_closed_at: Mapped[datetime | None]
    """When two admins said that AWS cannot hold it any more, as long as nobody has seen it again."""

    claim: Mapped[Act | None] = mapped_column(one_of(Act, name="claim"))
    claim_id: Mapped[uuid.UUID | None]
    claim_fence: Mapped[int | None]
    claimed_at: Mapped[datetime | None]

    next_attempt_at: Mapped[datetime | None]
    """When to look at this row again; None when nothing is owed, expected or watched."""
    attempts: Mapped[int] = mapped_column(default=0)
    stuck_since: Mapped[datetime | None]
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    last_error_code: Mapped[str | None] = mapped_column(String(128))
    last_error: Mapped[str | None] = mapped_column(Text)
    last_error_cause: Mapped[str | None] = mapped_column(String(40))
    """What the error was taken to come from, by the table that says what to do about it."""
    reported_at: Mapped[datetime | None]
    """When an event last said that its ending fails."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Grant(Table):
    """Access owed to a principal in one account with one permission set during a window."""

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="window"),
        CheckConstraint("(state IN ('ended', 'failed')) = (ended_at IS NOT NULL)", name="ended_once"),
        CheckConstraint("state <> 'ended' OR end_reason IS NOT NULL", name="ended_for_a_reason"),
        UniqueConstraint("request_id", "position"),
        Index(None, "assignment_id", "ended_at"),
        Index("ix_grants_live", "id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_grants_principal_id_live", "principal_id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        # Lists go from the newest id to the oldest along what they are narrowed to.
        Index(None, "principal_id", "id"),
        Index(None, "account_id", "id"),
        Index(None, "permission_set_arn", "id"),
        Index(None, "state", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"))
    position: Mapped[int]
    """Which of the request's targets this is."""
    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assignments.id"))
    principal_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    account_id: Mapped[str] = mapped_column(String(12))
    permission_set_arn: Mapped[str] = mapped_column(String(256))
    session_duration: Mapped[timedelta]
    created_at: Mapped[datetime]

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(512))
    revoke_comment: Mapped[str | None] = mapped_column(Text)
    revoke_reason: Mapped[EndReason | None] = mapped_column(one_of(EndReason, name="revoke_reason"))

    extensions: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often ``ends_at`` was moved on."""
    renews: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its assignment is made anew when somebody else removed it."""

    state: Mapped[GrantState] = mapped_column(one_of(GrantState, name="state"), default=GrantState.SCHEDULED)
    activated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When AWS had confirmed the end, or the failure, of this grant."""
    end_reason: Mapped[EndReason | None] = mapped_column(one_of(EndReason, name="end_reason"))
    failure_code: Mapped[str | None] = mapped_column(String(64))
    """Why activation can never succeed; set before the state says so."""
    failure_detail: Mapped[str | None] = mapped_column(Text)

    @property
    def owing(self) -> Owing:
        """What this row asks of AWS, as the rules see it."""
        return Owing(
            state=self.state,
            window=Window(self.starts_at, self.ends_at),
            revoked_at=self.revoked_at,
            given_up=self.failure_code is not None,
        )


class Lease(Table):
    """Who may write to one Identity Center instance; the fence rises with every change of holder."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(256), primary_key=True)
    holder: Mapped[str] = mapped_column(String(128))
    fence: Mapped[int]
    expires_at: Mapped[datetime]
