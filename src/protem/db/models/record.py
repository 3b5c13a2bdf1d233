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
        Index(None, "previous_hash"),
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
    previous_hash: Mapped[str | None] = mapped_column(String(64))
    """Of the secret before the last rotation, which is good until ``previous_until``."""
    previous_until: Mapped[datetime | None]
    previous_used_at: Mapped[datetime | None]
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("principals.id"))
    scopes: Mapped[list[str]]
    act_as_groups: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    """The Identity Center groups whose members it may act as; none means everybody."""
    networks: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    """Where it may be used from, in CIDR notation; none means anywhere."""
    rate_limit: Mapped[int | None]
    """Calls a minute; None means the limit for all."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(512))
    expires_at: Mapped[datetime]
    rotated_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Login(Table):
    """One login of a person with a browser: only the hash of its cookie is kept."""

    __tablename__ = "logins"
    __table_args__ = (UniqueConstraint("secret_hash"), Index(None, "principal_id"), Index(None, "expires_at"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    secret_hash: Mapped[str] = mapped_column(String(64))
    principal_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    issuer: Mapped[str] = mapped_column(String(512))
    subject: Mapped[str] = mapped_column(String(512))
    """Whom the identity provider says it was."""
    started_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """When it is over however much it is used."""
    ended_at: Mapped[datetime | None]


def _by_time(column: str, *, where: str | None = None) -> Index:
    """Return the index for what has one value in ``column``, in the order in which lists show it."""
    condition = None if where is None else text(where)
    return Index(None, column, "occurred_at", "id", sqlite_where=condition, postgresql_where=condition)


class AuditEvent(Table):
    """One thing that happened, written in the transaction in which it did."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "occurred_at", "id"),
        _by_time("type"),
        _by_time("caller"),
        _by_time("acting_as", where="acting_as IS NOT NULL"),
        _by_time("request_id", where="request_id IS NOT NULL"),
        _by_time("grant_id", where="grant_id IS NOT NULL"),
        _by_time("assignment_id", where="assignment_id IS NOT NULL"),
        _by_time("principal_id", where="principal_id IS NOT NULL"),
        _by_time("account_id", where="account_id IS NOT NULL"),
        _by_time("permission_set_arn", where="permission_set_arn IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    occurred_at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(64))
    caller: Mapped[str] = mapped_column(String(512))
    """Who called: ``user:…``, ``service:…``, or ``protem`` itself."""
    acting_as: Mapped[str | None] = mapped_column(String(512))
    request_id: Mapped[uuid.UUID | None]
    grant_id: Mapped[uuid.UUID | None]
    assignment_id: Mapped[uuid.UUID | None]
    principal_id: Mapped[str | None] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(String(12))
    permission_set_arn: Mapped[str | None] = mapped_column(String(256))
    facts: Mapped[dict[str, Any]]
