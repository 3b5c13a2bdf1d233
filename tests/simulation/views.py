"""What a simulation reads of the database, read again only when something has been committed to its table."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, event, select

from protem.db.models import Assignment, Grant, Lease, Lock, Request
from protem.db.store import Store

Model = TypeVar("Model", Assignment, Grant, Lease, Lock, Request)

_WRITES = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)")
_TOUCHED = "simulation_touched"
_ORDER = {Assignment: Assignment.id, Grant: Grant.id, Lease: Lease.name, Lock: Lock.id, Request: Request.id}


class Views:
    """The rows of some tables, as all that write through the stores that this follows have left them."""

    def __init__(self) -> None:
        self._written: Counter[str] = Counter()
        self._kept: dict[type, tuple[int, Sequence[Any]]] = {}

    def follow(self, store: Store) -> None:
        """Take note of everything that is committed through ``store``."""
        event.listen(store.engine, "before_cursor_execute", self._note)
        event.listen(store.engine, "commit", self._count)
        event.listen(store.engine, "rollback", self._forget)

    def written(self, *tables: str) -> int:
        """Return how often something was committed to any of these tables."""
        return sum(self._written[table] for table in tables)

    def of(self, model: type[Model], store: Store) -> Sequence[Model]:
        """Return the committed rows of a table; nobody may change them."""
        written = self._written[model.__tablename__]
        kept = self._kept.get(model)
        if kept is None or kept[0] != written:
            with store.reading() as session:
                kept = (written, session.scalars(select(model).order_by(_ORDER[model])).all())
            self._kept[model] = kept
        return kept[1]

    def _note(self, connection: Connection, _: object, statement: str, *__: object) -> None:
        if found := _WRITES.match(statement):
            connection.info.setdefault(_TOUCHED, set()).add(found[1])

    def _count(self, connection: Connection) -> None:
        self._written.update(connection.info.pop(_TOUCHED, ()))

    def _forget(self, connection: Connection) -> None:
        connection.info.pop(_TOUCHED, None)
