"""Inserts that leave it to a constraint who was first."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Integer, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from protem.db.models import Table


def insert_unless_there(session: Session, table: type[Table], values: Mapping[str, Any]) -> bool:
    """Insert a row unless a unique constraint knows one like it already; tell whether it was new.

    On PostgreSQL this waits for another transaction that is inserting the same at this moment.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(table) if is_sqlite else postgresql.insert(table)
    # Drivers do not agree on how many rows an insert has changed; what it returns is what it inserted.
    new = insert.values(**values).on_conflict_do_nothing().returning(literal_column("1", Integer))
    return session.execute(new).first() is not None
