"""Who may call, and what happened."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table, new_id
from protem.db.types import one_of


class TokenRole(StrEnum):
    """What an API token is for."""

    PERSONAL = "personal"
    SERVICE = "service"
    ADMIN = "admin"
    AUDITOR = "auditor"


_LIVE_SERVICE = text("role = 'service' AND revoked_at IS NULL")


class Token(Table):
    """An API token: only its hash is kept."""

    __tablename__ = "tokens"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        CheckConstraint("(role = 'personal') = (principal_id IS NOT NULL)", name="personal_is_bound"),
        Index(None, "name"),
        Index(
            "uq_tokens_service_name",
            "name",
            unique=True,
            sqlite_where=_LIVE_SERVICE,
            postgresql_where=_LIVE_SERVICE,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[TokenRole] = mapped_column(one_of(TokenRole, name="role"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("principals.id"))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(512))
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEvent(Table):
    """One thing that happened, written in the transaction in which it did."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "occurred_at", "id"),
        Index(None, "type", "id"),
        Index(None, "request_id"),
        Index(None, "grant_id"),
        Index(None, "principal_id", "id"),
        Index(None, "account_id", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    occurred_at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(64))
    caller: Mapped[str] = mapped_column(String(512))
    """Who called: ``user:…``, ``token:…``, or ``protem`` itself."""
    acting_as: Mapped[str | None] = mapped_column(String(512))
    request_id: Mapped[uuid.UUID | None]
    grant_id: Mapped[uuid.UUID | None]
    assignment_id: Mapped[uuid.UUID | None]
    principal_id: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(String(12))
    permission_set_arn: Mapped[str | None] = mapped_column(String(256))
    facts: Mapped[dict[str, Any]]
