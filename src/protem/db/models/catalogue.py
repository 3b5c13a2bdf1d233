"""What AWS's directory, organization and permission sets looked like when last read.

Rows that vanish are marked, never deleted: history needs their names.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from protem.db.models.table import Table


class Instance(Table):
    __tablename__ = "instances"

    arn: Mapped[str] = mapped_column(String(256), primary_key=True)
    identity_store_id: Mapped[str] = mapped_column(String(64))
    owner_account_id: Mapped[str] = mapped_column(String(12))
    removed_at: Mapped[datetime | None]


class Principal(Table):
    """An Identity Center user."""

    __tablename__ = "principals"
    __table_args__ = (Index(None, "user_name_key"), Index(None, "email_key"), Index(None, "external_id"))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_name: Mapped[str] = mapped_column(String(256))
    user_name_key: Mapped[str] = mapped_column(String(512))
    display_name: Mapped[str] = mapped_column(String(1024))
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(640))
    external_id: Mapped[str | None] = mapped_column(String(256))
    """By which the organization's own directory knows the user, if there is exactly one such id."""
    removed_at: Mapped[datetime | None]


class Group(Table):
    __tablename__ = "groups"
    __table_args__ = (Index(None, "name_key"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(1024))
    name_key: Mapped[str] = mapped_column(String(2048))
    removed_at: Mapped[datetime | None]


class Membership(Table):
    """Who is in which group now; the one catalogue table whose rows come and go."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "principal_id"),)

    group_id: Mapped[str] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    principal_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class OrganizationalUnit(Table):
    """An OU or a root, which has no parent."""

    __tablename__ = "organizational_units"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    parent_id: Mapped[str | None] = mapped_column(String(80))
    removed_at: Mapped[datetime | None]


class Account(Table):
    __tablename__ = "accounts"
    __table_args__ = (Index(None, "name_key"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    name_key: Mapped[str] = mapped_column(String(256))
    email: Mapped[str] = mapped_column(String(320))
    status: Mapped[str] = mapped_column(String(32))
    parent_id: Mapped[str] = mapped_column(String(80))
    is_management: Mapped[bool]
    tags: Mapped[dict[str, str]]
    removed_at: Mapped[datetime | None]


class PermissionSet(Table):
    __tablename__ = "permission_sets"
    __table_args__ = (Index(None, "name_key"),)

    arn: Mapped[str] = mapped_column(String(256), primary_key=True)
    instance_arn: Mapped[str] = mapped_column(ForeignKey("instances.arn"))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(String(1024))
    session_duration: Mapped[timedelta]
    tags: Mapped[dict[str, str]]
    policies_digest: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None]


class CatalogueSync(Table):
    """How the latest look at one part of AWS went."""

    __tablename__ = "catalogue_syncs"

    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    """``catalogue`` or ``standing_access``."""
    started_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    """When the latest look that succeeded was complete."""
    error: Mapped[str | None] = mapped_column(String(2048))


class CatalogueStamp(Table):
    """One row, with what stands for the catalogue as it is: the database changes it with every change."""

    __tablename__ = "catalogue_stamps"

    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(36))
