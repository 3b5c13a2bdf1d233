"""How the reconciler that leads is doing, as it last wrote down itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table


class Heartbeat(Table):
    """What only the leader's memory knows, for whoever asks another process, or asks too late."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(256), primary_key=True)
    holder: Mapped[str] = mapped_column(String(128))
    fence: Mapped[int]
    elected_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    ticked_at: Mapped[datetime | None]
    """When it last looked for work."""
    facts: Mapped[dict[str, Any]]
