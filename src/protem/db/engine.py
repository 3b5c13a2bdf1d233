"""Engines for SQLite and PostgreSQL, set up for durability first."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

WRITES = "protem_writes"

_BUSY_TIMEOUT_MS = 10_000
# Whoever is frozen in the middle of a transaction keeps its locks for eight seconds, and no longer.
_POSTGRESQL_OPTIONS = (
    "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=8000 "
    "-c timezone=UTC"
)
# A server that has gone without a word is noticed within seconds; else it would be a quarter of an hour.
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class UnsupportedDatabaseError(ValueError):
    """The database address names something that Protem does not run on."""


def parse(url: str) -> URL:
    """Return the address with the driver that Protem uses.

    Raises ``UnsupportedDatabaseError`` for anything but SQLite and PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        message = "a database address looks like sqlite:///protem.db or postgresql://user@host/protem"
        raise UnsupportedDatabaseError(message) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+pysqlite")
        case "sqlite":
            message = "SQLite needs a file, as in sqlite:///protem.db: grants must outlive the process"
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            message = f"{other} is not supported; Protem runs on SQLite and PostgreSQL"
    raise UnsupportedDatabaseError(message)


def create(url: str, *, pool_size: int) -> Engine:
    """Return an engine; on SQLite, transactions begin as IMMEDIATE where they are marked as writing."""
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            hide_parameters=True,  # of statements that fail: they would stand in logs
            connect_args=_how_to_connect(parsed),
        )
    _make_private(Path(parsed.database or ""))
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={"factory": _Connection},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def listening(url: URL) -> Engine:
    """Return an engine for one connection that is kept, and has no transactions."""
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args=_how_to_connect(url) | {"application_name": "protem wake-ups"},
    )


def _how_to_connect(url: URL) -> dict[str, Any]:
    chosen = {name: value for name, value in _KEEPALIVE.items() if name not in url.query}
    return {"connect_timeout": 5, "options": _POSTGRESQL_OPTIONS, **chosen}


class _WholeCursor(sqlite3.Cursor):
    """Reads a result whole when it is asked for.

    A result half read keeps its connection in its snapshot, after the transaction has ended, for as
    long as something refers to it, a traceback say: whoever got the connection next would read the past.
    """

    _rest: Iterator[Any] = iter(())

    def execute(self, *statement: Any) -> "_WholeCursor":
        super().execute(*statement)
        self._rest = iter(super().fetchall())
        return self

    def fetchone(self) -> Any:
        return next(self._rest, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self._rest, size or self.arraysize))

    def fetchall(self) -> list[Any]:
        return list(self._rest)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a cursor is its own iterator by default
        return self._rest


class _Connection(sqlite3.Connection):
    def cursor(self, *_: Any) -> _WholeCursor:  # type: ignore[override]  # nobody asks for another kind
        return super().cursor(_WholeCursor)


def _make_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite would let everybody read it, and copies its mode."""
    # Whatever is in the way is said better when the database is opened. A file that is there must not
    # even be touched: closing it would give up the locks that SQLite holds on it in this process.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writing one fails at once, whatever the timeout.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
