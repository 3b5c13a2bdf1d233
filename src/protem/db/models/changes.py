"""What one admin has proposed and another has to confirm."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table, new_id
from protem.db.types import one_of


class ChangeState(StrEnum):
    """What became of a proposed change."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Change(Table):
    """A command that has been given, and is carried out once somebody else confirms it."""

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint("(state = 'pending') = (answered_at IS NULL)", name="answered_once"),
        Index(None, "state", "expires_at"),
        Index(None, "subject"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    verb: Mapped[str] = mapped_column(String(64))
    """The verb of authority that it stands for."""
    state: Mapped[ChangeState] = mapped_column(one_of(ChangeState, name="state"))
    subject: Mapped[str] = mapped_column(String(256))
    """The id or name of what it would change."""
    summary: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]]
    """The arguments of the command; no secret is among them."""
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(String(512))
    proposer_key: Mapped[str] = mapped_column(String(1200))
    """What tells the proposer from all other callers, whatever they are called."""
    proposer_id: Mapped[str | None] = mapped_column(String(64))
    """The person who proposed it, if it was a person."""
    proposer_token_id: Mapped[uuid.UUID | None]
    """The token with which it was proposed, if it was one."""
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(512))
    answerer_key: Mapped[str | None] = mapped_column(String(1200))
    comment: Mapped[str | None] = mapped_column(Text)
