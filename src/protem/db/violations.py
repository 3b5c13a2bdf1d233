"""What a statement ran into: which constraint, under the name that the models give it, or a lock."""

import re

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.exc import IntegrityError, OperationalError

from protem.db.models import Table

_LOCK_NOT_AVAILABLE = "55P03"
_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")


def violated(error: IntegrityError) -> str | None:
    """Return the name of the unique constraint or index that was in the way.

    PostgreSQL says it; SQLite names the columns, and nothing for other kinds of constraint (None).
    """
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if named is not None:
        return str(named)
    match = _SQLITE_UNIQUE.match(str(error.orig))
    return _of_columns(match[1]) if match else None


def waited_too_long(error: OperationalError) -> bool:
    """Tell whether somebody else held a row for longer than PostgreSQL was told to wait.

    SQLite has no rows that are held: its writers come one after the other.
    """
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def _of_columns(columns: str) -> str | None:
    return next(
        (
            str(unique.name)
            for table in Table.metadata.tables.values()
            for unique in (*table.constraints, *table.indexes)
            if isinstance(unique, UniqueConstraint) or (isinstance(unique, Index) and unique.unique)
            if ", ".join(f"{table.name}.{column.name}" for column in unique.columns) == columns
        ),
        None,
    )
