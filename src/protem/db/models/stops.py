"""Emergency stops, and broken glass that somebody has to look at."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table, new_id
from protem.db.types import one_of
from protem.domain import locks
from protem.domain.locks import LockKind

_OPEN = text("closed_at IS NULL")


class Lock(Table):
    """A stop on one thing, or on everything; lifted or expired ones stay, for the record."""

    __tablename__ = "locks"
    __table_args__ = (
        CheckConstraint("(kind = 'everything') = (subject = '')", name="on_something"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
        Index(None, "lifted_at", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[LockKind] = mapped_column(one_of(LockKind, name="kind"))
    subject: Mapped[str] = mapped_column(String(256))
    """The id of a user or account, an ARN, or the name of an entitlement."""
    subject_name: Mapped[str] = mapped_column(String(256))
    """What people called it when the lock was made."""
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(512))
    expires_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    """When it was over, by somebody's hand or, noted afterwards, at ``expires_at``."""
    lifted_by: Mapped[str | None] = mapped_column(String(512))

    @property
    def rule(self) -> locks.Lock:
        """What this row stops, as the rules see it."""
        return locks.Lock(str(self.id), self.kind, self.subject, self.reason, self.expires_at)


class Review(Table):
    """Broken glass: access that was given at once, and that somebody has to look at afterwards."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        Index("uq_reviews_open", "principal_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "closed_at", "id"),
        Index(None, "principal_id", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"), unique=True)
    principal_id: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    """The beneficiary, who cannot break glass again before it is closed."""
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(512))
    comment: Mapped[str | None] = mapped_column(Text)
    reminders: Mapped[int] = mapped_column(server_default=text("0"))
    """How often its reviewers have been reminded."""
    remind_at: Mapped[datetime | None]
    """When they are reminded next."""
