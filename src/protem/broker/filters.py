"""Conditions of lists, each of which may be left out."""

from typing import Any

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import resolving

Conditions = list[ColumnElement[bool]]


def equal(column: InstrumentedAttribute[Any], value: Any | None) -> Conditions:
    """Hold where ``column`` is ``value``; everywhere if none is given."""
    if value is None:
        return []
    # PostgreSQL keeps no NUL in a text, and would rather fail than find nothing.
    absurd = isinstance(value, str) and "\x00" in value
    return [false() if absurd else column == value]


def holder(session: Session, column: InstrumentedAttribute[Any], name: str | None) -> Conditions:
    """Hold where ``column`` has the id of a user of this name, removed or not, or this very id."""
    if name is None or "\x00" in name:
        return [] if name is None else [false()]
    return [column.in_([name, *resolving.principal_ids(session, name)])]
