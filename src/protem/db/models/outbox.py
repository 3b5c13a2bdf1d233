"""Where events go, and how far each receiver has come."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table, new_id
from protem.db.types import one_of


class EventsFile(Table):
    """How far the file of events has come."""

    __tablename__ = "events_files"

    path: Mapped[str] = mapped_column(String(1024), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    """Of the last event that is in the file."""


class Webhook(Table):
    """An address that events are sent to, with the secret that signs them."""

    __tablename__ = "webhooks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    url: Mapped[str] = mapped_column(String(2048))
    description: Mapped[str] = mapped_column(Text)
    types: Mapped[list[str]]
    """The types of events it gets; none means all."""
    secret: Mapped[str] = mapped_column(String(128))
    previous_secret: Mapped[str | None] = mapped_column(String(128))
    previous_until: Mapped[datetime | None]
    enabled: Mapped[bool]
    disabled_because: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]
    """Raised by every edit; its ETag."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    """Of the last event for which deliveries have been made."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(512))
    deleted_at: Mapped[datetime | None]


class DeliveryState(StrEnum):
    """What became of one event on its way to one address."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


class Delivery(Table):
    """One event on its way to one address."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "sequence"),
        Index(None, "webhook_id", "state", "next_attempt_at"),
        Index(None, "webhook_id", "topic", "sequence"),
        Index(None, "webhook_id", "id"),
        Index(None, "answered_at"),  # of what is pending, too: it has none
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    webhook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhooks.id"))
    event_id: Mapped[uuid.UUID]
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    """The place of the event in the record; None for a test, which is no event."""
    topic: Mapped[str] = mapped_column(String(64))
    """What the event is about: deliveries of one topic go out one after the other."""
    state: Mapped[DeliveryState] = mapped_column(one_of(DeliveryState, name="state"))
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class DeliveryAttempt(Table):
    """One try, as the delivery log shows it."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (Index(None, "delivery_id", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deliveries.id"))
    attempted_at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
