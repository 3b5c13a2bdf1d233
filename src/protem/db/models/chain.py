"""What proves the record: a number and a hash for every event, and signed points on the way."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table

_Number = BigInteger().with_variant(Integer, "sqlite")


class UnsealedEvent(Table):
    """An event that waits for its place in the chain; the database puts it here as the event is written.

    ``number`` is taken while the writer holds the rows that it writes about, so that events about
    one thing keep their order.
    """

    __tablename__ = "unsealed_events"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    event_id: Mapped[uuid.UUID] = mapped_column(unique=True)


class Chain(Table):
    """The end of the chain: one row, which the sealer holds while it works."""

    __tablename__ = "chains"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log: Mapped[uuid.UUID]
    """Tells this record from that of any other installation."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class Seal(Table):
    """The place of one event in the chain."""

    __tablename__ = "seals"

    sequence: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    event_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class Checkpoint(Table):
    """A signed statement of how far the chain had come, and what its hash was there."""

    __tablename__ = "checkpoints"

    sequence: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    signed_at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class DroppedSegment(Table):
    """A stretch of the chain whose events are no longer kept, only the hashes at its ends."""

    __tablename__ = "dropped_segments"
    __table_args__ = (CheckConstraint("first_sequence <= last_sequence", name="forwards"),)

    first_sequence: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    last_sequence: Mapped[int] = mapped_column(BigInteger)
    previous_hash: Mapped[str] = mapped_column(String(64))
    """Of the event before the first, or sixty-four zeros."""
    last_hash: Mapped[str] = mapped_column(String(64))
    last_occurred_at: Mapped[datetime]
    dropped_at: Mapped[datetime]
