"""Questions people ask, and what others answered."""

import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from protem.db.models.table import Table, new_id
from protem.db.types import one_of
from protem.domain.approvals import Answer
from protem.domain.lifecycle import RequestState

_RELAYED = text("via_token_id IS NOT NULL")
_PENDING_EXTENSION = text("state = 'pending' AND extends_grant_id IS NOT NULL")


class Request(Table):
    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint("duration > 0", name="duration_positive"),
        CheckConstraint("(state = 'pending') = (answered_at IS NULL)", name="answered_once"),
        # Lists go from the newest id to the oldest along what they are narrowed to.
        Index(None, "requester_id", "id"),
        Index(None, "beneficiary_id", "id"),
        Index(None, "via_token_id", "id", sqlite_where=_RELAYED, postgresql_where=_RELAYED),
        Index(None, "entitlement", "id"),
        Index(None, "state", "id"),
        Index(None, "state", "expires_at"),
        Index(None, "state", "remind_at"),
        Index(
            "uq_requests_extension",
            "extends_grant_id",
            unique=True,
            sqlite_where=_PENDING_EXTENSION,
            postgresql_where=_PENDING_EXTENSION,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[RequestState] = mapped_column(one_of(RequestState, name="state"))
    requester_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    beneficiary_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    via_token_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tokens.id"))
    """The service that acted for the requester."""
    entitlement: Mapped[str] = mapped_column(String(128))
    entitlement_version: Mapped[int] = mapped_column(ForeignKey("entitlement_versions.version"))
    digest: Mapped[str] = mapped_column(String(80))
    """Of what approvers are shown; a decision must carry it."""
    duration: Mapped[timedelta]
    justification: Mapped[str] = mapped_column(Text)
    ticket: Mapped[str | None] = mapped_column(String(256))
    starts_at: Mapped[datetime | None]
    """The start that was wished for; None means on approval."""
    extends_grant_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """The grant that is to last longer by ``duration``; None where new access is asked for."""
    steps: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    """The steps that it may need, as they were worked out at submission."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When the question lapses if nobody answers."""
    answered_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(server_default=text("0"))
    """How often its approvers have been reminded."""
    remind_at: Mapped[datetime | None]
    """When they are reminded next; None for never."""

    targets: Mapped[list["Target"]] = relationship(order_by="Target.position", lazy="selectin")
    decisions: Mapped[list["Decision"]] = relationship(
        order_by="Decision.decided_at, Decision.id", lazy="selectin"
    )


LONGEST_HANDLE = 600


class Involvement(StrEnum):
    """What somebody has to do with a request who neither made it nor benefits from it."""

    APPROVER = "approver"
    REVIEWER = "reviewer"


class Involved(Table):
    """Whom a request concerns, by the handles of users and groups: who sees it, and in which lists."""

    __tablename__ = "involved"
    __table_args__ = (Index(None, "handle", "request_id"),)

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    relation: Mapped[Involvement] = mapped_column(one_of(Involvement, name="relation"), primary_key=True)
    handle: Mapped[str] = mapped_column(String(LONGEST_HANDLE), primary_key=True)


class Target(Table):
    """One (account, permission set) pair of a request, as it was resolved at submission."""

    __tablename__ = "targets"
    __table_args__ = (Index(None, "account_id", "request_id"),)

    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[str] = mapped_column(String(12))
    account_name: Mapped[str] = mapped_column(String(128))
    instance_arn: Mapped[str] = mapped_column(String(256))
    permission_set_arn: Mapped[str] = mapped_column(String(256))
    permission_set_name: Mapped[str] = mapped_column(String(64))
    policies_digest: Mapped[str] = mapped_column(String(80))
    session_duration: Mapped[timedelta]


class Decision(Table):
    """One approver's recorded answer to a request."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("request_id", "approver_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"))
    approver_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    via_token_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tokens.id"))
    answer: Mapped[Answer] = mapped_column(one_of(Answer, name="answer"))
    comment: Mapped[str] = mapped_column(Text)
    duration: Mapped[timedelta | None]
    digest: Mapped[str] = mapped_column(String(80))
    steps: Mapped[list[str]]
    """The steps that the approver could serve when they decided."""
    decided_at: Mapped[datetime]


class IdempotencyKey(Table):
    """The answer that one key got, kept so that a second sending gets the same."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("caller", "route", "key"),
        Index(None, "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    caller: Mapped[str] = mapped_column(String(256))
    route: Mapped[str] = mapped_column(String(128))
    key: Mapped[str] = mapped_column(String(256))
    body_digest: Mapped[str] = mapped_column(String(80))
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None]
    location: Mapped[str | None] = mapped_column(String(256))
    created_at: Mapped[datetime]
