"""Every version of the entitlements that ever decided anything."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table


class EntitlementVersion(Table):
    """One applied file, whole; the highest version is the one in force."""

    __tablename__ = "entitlement_versions"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(80))
    document: Mapped[dict[str, Any]]
    """The validated document in its normal form."""
    source: Mapped[str] = mapped_column(Text)
    """The text as it was given, comments included."""
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(String(512))
