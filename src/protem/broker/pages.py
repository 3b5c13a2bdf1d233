"""Long lists in pages, each beginning after the last row of the page before."""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker import texts

Item = TypeVar("Item")
Columns = Sequence[InstrumentedAttribute[Any]]

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200

_DIGITS = 9
"""Of the numbers in cursors; a database fails over numbers that it has no column for."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted; ``cursor`` is what the page before gave."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAXIMUM_LIMIT:
            raise texts.refused("limit", f"this must be from 1 to {MAXIMUM_LIMIT}")


FIRST = Paging()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows, and where the next ones begin; None when these were the last."""

    items: tuple[Item, ...]
    next_cursor: str | None


def cut(
    session: Session,
    statement: Select[Item],
    paging: Paging,
    *,
    of: str,
    by: Columns,
    descending: bool = False,
) -> Page[Item]:
    """Return one page of what ``statement`` selects, in the order of the unique columns ``by``.

    ``of`` names the list, so that a cursor of another one is refused.
    """
    if paging.cursor is not None:
        last = _values(paging.cursor, of=of, kinds=[column.type.python_type for column in by])
        position = tuple_(*by)
        statement = statement.where(position < last if descending else position > last)
    order = [column.desc() if descending else column for column in by]
    found = session.scalars(statement.order_by(*order).limit(paging.limit + 1)).all()
    items = tuple(found[: paging.limit])
    more = len(found) > paging.limit
    return Page(items, _cursor(items[-1], of=of, by=by) if more else None)


def walk(
    found: Iterable[Item], paging: Paging, *, of: str, by: Callable[[Item], tuple[str, ...]], length: int
) -> Page[Item]:
    """Return one page of what is in the order of the texts that ``by`` gives, ``length`` of them for each."""
    after = reached(paging, of=of, length=length)
    rest = (item for item in found if by(item) > after)
    items = tuple(islice(rest, paging.limit + 1))
    shown = items[: paging.limit]
    return Page(shown, _encoded(of, by(shown[-1])) if len(items) > len(shown) else None)


def reached(paging: Paging, *, of: str, length: int) -> tuple[str, ...]:
    """Return the texts that the page before ended with; the first page comes after nothing."""
    return _values(paging.cursor, of=of, kinds=(str,) * length) if paging.cursor is not None else ()


def position(paging: Paging, *, of: str, kinds: Sequence[type]) -> Any:
    """Return the values that the page before ended with, each of its kind; None for the first page."""
    return None if paging.cursor is None else _values(paging.cursor, of=of, kinds=kinds)


def cursor(values: Iterable[object], *, of: str) -> str:
    """Return the cursor of a page that ended with these values."""
    return _encoded(of, map(str, values))


def _cursor(item: Any, *, of: str, by: Columns) -> str:
    return cursor((getattr(item, column.key) for column in by), of=of)


def _encoded(of: str, values: Iterable[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([of, *values]).encode()).decode().rstrip("=")


def _values(cursor: str, *, of: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found = tuple(_value(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        name, found = None, ()
    if name != of:
        raise texts.refused("cursor", "this is no cursor of this list")
    return found


def _value(value: Any, kind: type) -> Any:
    # Only text has this method: whatever else JSON can hold was not written here.
    plain = value.replace("\x00", "")
    plain.encode()  # half a character is a ValueError here, and a failure in the database
    if kind is int:
        return _number(plain)
    if kind is datetime:
        return _instant(plain)
    return uuid.UUID(plain) if kind is uuid.UUID else plain


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise ValueError(text)
    return int(text)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant.astimezone(UTC)
