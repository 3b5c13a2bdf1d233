"""What all tables share: one metadata, and names for every constraint."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

import uuid_utils.compat
from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase

from protem.db.types import Json, Seconds, UtcDateTime

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> uuid.UUID:
    """Return a UUIDv7, which sorts by the time it was made."""
    return uuid_utils.compat.uuid7()


class Table(DeclarativeBase):
    """The base of every model."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        uuid.UUID: Uuid(),
        datetime: UtcDateTime(),
        timedelta: Seconds(),
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
    }
