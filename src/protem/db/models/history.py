"""What is left of history that was let go of: which file each thing went into."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table
from protem.db.types import one_of

_ABOUT = text("about_id IS NOT NULL")


class HistoryExport(Table):
    """One file of history, written whole before anything in it was deleted."""

    __tablename__ = "history_exports"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counted from one, without a gap."""
    file: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    """In bytes."""
    ended_before: Mapped[datetime]
    exported_at: Mapped[datetime]


class PrunedKind(StrEnum):
    """What can be let go of and is known by an id."""

    REQUEST = "request"
    GRANT = "grant"
    ASSIGNMENT = "assignment"
    CHANGE = "change"


class Pruned(Table):
    """Something that is no longer in the store; nothing is deleted without such a row."""

    __tablename__ = "pruned"
    __table_args__ = (Index(None, "about_id", sqlite_where=_ABOUT, postgresql_where=_ABOUT),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[PrunedKind] = mapped_column(one_of(PrunedKind, name="kind"))
    export: Mapped[int] = mapped_column(ForeignKey("history_exports.number"))
    about_id: Mapped[uuid.UUID | None]
    """Of a grant its request; of a request the grant that it was to extend."""
