"""Writing a long history as fast as a database can: triggers and indexes come last."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, text

from benchmarks.growth import estate, history
from benchmarks.growth.history import Life, Row

_PORTION = 20_000
_DELIVERED, _LOGINS, _KEYS = 10, 2_000, 2_000


def fill(engine: Engine, *, grants: int, active: int, pending: int, now: datetime) -> None:
    """Write so many grants that are over, and what is live, into a store with the estate in it."""
    with engine.begin() as connection, _unguarded(connection) as indexes:
        sqlite = connection.dialect.name == "sqlite"
        rest = _everything(grants, active, pending, now)
        while portion := list(islice(rest, _PORTION)):
            tables: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
            for table, row in portion:
                tables[table].append(row)
            for table, found in tables.items():
                (_into_sqlite if sqlite else _into_postgresql)(connection, table, found)
        connection.execute(text("UPDATE chains SET sequence = (SELECT max(sequence) FROM seals)"))
        connection.execute(text("UPDATE webhooks SET sequence = (SELECT sequence FROM chains)"))
        for index in indexes:
            connection.exec_driver_sql(index)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        # As a store of this age would be: looked at by autovacuum, and with statistics.
        connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM (ANALYZE)")


def _everything(grants: int, active: int, pending: int, now: datetime) -> Iterator[Row]:
    def lives() -> Iterator[Life]:
        yield from history.past(grants, now=now)
        yield from history.present(active=active, pending=pending, now=now)

    triples = {(life.triple, life.live) for life in lives() if life.state == "approved"}
    for (person, number), live in sorted(triples):
        yield history.assignment(person, number, now=now, live=live)
    sequence = 0
    for life in lives():
        yield from history.rows(life, now=now)
        for event in history.events(life):
            sequence += 1
            yield "audit_events", event
            yield history.seal(event["id"], sequence)
            if sequence % _DELIVERED == 0:
                yield from _delivery(event, sequence, now)
    yield from _around(grants, now)


def _delivery(event: dict[str, Any], sequence: int, now: datetime) -> Iterator[Row]:
    """Yield an event on its way out, as if it had happened in the last month: no longer is that kept."""
    at = now - timedelta(days=30) + timedelta(seconds=sequence % 2_500_000)
    delivery_id = history.identifier(at, 14, sequence)
    yield (
        "deliveries",
        {
            "id": delivery_id,
            "webhook_id": estate.WEBHOOK,
            "event_id": event["id"],
            "sequence": sequence,
            "topic": str(event["request_id"]),
            "state": "delivered",
            "attempts": 1,
            "created_at": at,
            "next_attempt_at": at,
            "give_up_at": at + timedelta(days=3),
            "answered_at": at,
        },
    )
    yield (
        "delivery_attempts",
        {
            "id": history.identifier(at, 15, sequence),
            "delivery_id": delivery_id,
            "attempted_at": at,
            "milliseconds": 80,
            "status": 200,
        },
    )


def _around(grants: int, now: datetime) -> Iterator[Row]:
    """Yield reviews of one request in a hundred, and what is kept for a day however old a store is."""
    for life in islice(history.past(grants, now=now), 0, None, 100):
        closed = life.asked_at + timedelta(days=1)
        yield (
            "reviews",
            {
                "id": history.identifier(life.asked_at, 13, life.number),
                "request_id": history.identifier(life.asked_at, 1, life.number),
                "principal_id": estate.ORGANIZATION.people[life.person].id,
                "opened_at": life.asked_at,
                "closed_at": closed,
                "closed_by": "user:ciso@example.com",
                "comment": "as it should be",
            },
        )
    for number in range(_KEYS):
        yield (
            "idempotency_keys",
            {
                "id": uuid.UUID(int=number),
                "caller": f"person-{number}",
                "route": "/v1/requests",
                "key": str(number),
                "body_digest": "sha256:1",
                "status": 201,
                "answer": "{}",
                "created_at": now - timedelta(seconds=40 * number),
            },
        )
    for number, person in enumerate(estate.ORGANIZATION.people[:_LOGINS]):
        yield (
            "logins",
            {
                "id": uuid.UUID(int=number),
                "secret_hash": f"{number:064}",
                "principal_id": person.id,
                "issuer": "https://idp.example.com",
                "subject": person.user_name,
                "started_at": now,
                "last_used_at": now,
                "expires_at": now + timedelta(hours=12),
            },
        )


@contextmanager
def _unguarded(connection: Connection) -> Iterator[list[str]]:
    """Yield the definitions of the indexes that are to be made again; meanwhile nothing is checked."""
    sqlite = connection.dialect.name == "sqlite"
    listed = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    indexes = connection.execute(text(listed)).all()
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    triggers = _triggers(connection) if sqlite else []
    if not sqlite:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    yield [definition for _, definition in indexes]
    for trigger in triggers:
        connection.exec_driver_sql(trigger)


def _triggers(connection: Connection) -> list[str]:
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in found:
        connection.execute(text(f"DROP TRIGGER {name}"))
    return [definition for _, definition in found]


def _into_sqlite(connection: Connection, table: str, found: list[dict[str, Any]]) -> None:
    columns = list(found[0])
    cursor: Any = connection.connection.cursor()
    cursor.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
        [tuple(map(_plain, (row[column] for column in columns))) for row in found],
    )


def _into_postgresql(connection: Connection, table: str, found: Iterable[dict[str, Any]]) -> None:
    rows = list(found)
    columns = list(rows[0])
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return value.hex
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value
