"""A record of any length, the same at each run: lives of grants, one after the other, over five years."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from protem.domain.events import EventType

BEGIN = datetime(2021, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=5 * 365)

LIFE = (
    (EventType.REQUEST_SUBMITTED, "asking"),
    (EventType.DECISION_RECORDED, "deciding"),
    (EventType.REQUEST_APPROVED, "deciding"),
    (EventType.GRANT_CREATED, "deciding"),
    (EventType.ASSIGNMENT_CREATE_INTENDED, "protem"),
    (EventType.ASSIGNMENT_CREATED, "protem"),
    (EventType.GRANT_ACTIVE, "protem"),
    (EventType.ASSIGNMENT_DELETE_INTENDED, "protem"),
    (EventType.ASSIGNMENT_DELETED, "protem"),
    (EventType.GRANT_ENDED, "protem"),
)
"""What a grant leaves on record, and who by."""

PEOPLE, ACCOUNTS, PERMISSION_SETS = 2_000, 400, 20
COLUMNS = (
    *("id", "occurred_at", "type", "caller", "acting_as", "request_id", "grant_id", "principal_id"),
    *("account_id", "permission_set_arn", "facts"),
)
_FACTS = (
    '{"entitlement": "prod-admin", "version": 7, "duration": "PT1H", "justification": "the pager went off"}'
)


def where(life: int) -> int:
    """Return which account: the first sees a fifth of everything. Odd never meets even."""
    return life % 5 and life * 104_729 % ACCOUNTS


def account(number: int) -> str:
    return f"{number:012}"


def permission_set(number: int) -> str:
    return f"arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-{number:016}"


def at(number: int, of: int) -> datetime:
    """Return when the event of this number happened."""
    return BEGIN + SPAN * (number / of)


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Yield as many events, in the order of ``COLUMNS``."""
    for number in range(count):
        life, step = divmod(number, len(LIFE))
        type_, who = LIFE[step]
        person = life * 7919 % PEOPLE
        account_number = where(life)
        what = (life // 5 % 2 and life * 31 % PERMISSION_SETS) // 2 * 2 + account_number % 2
        relayed = who != "protem" and life % 3 == 0
        yield (
            uuid.UUID(int=number),
            at(number, count),
            type_.value,
            who if who == "protem" else "service:slack" if relayed else f"user:person-{_by(who, person)}",
            f"user:person-{_by(who, person)}" if relayed else None,
            uuid.UUID(int=2**64 + life),
            uuid.UUID(int=2**65 + life) if step > 2 else None,
            f"p-{person}",
            account(account_number) if step > 2 else None,
            permission_set(what) if step > 2 else None,
            _FACTS,
        )


def _by(who: str, person: int) -> int:
    return person if who == "asking" else person % 40


def fill(engine: Engine, count: int) -> None:
    """Write so many events as fast as this database can: indexes come last, and nothing waits for seals."""
    with engine.begin() as connection:
        indexes = _without_indexes(connection)
        if engine.dialect.name == "sqlite":
            _fill_sqlite(connection, count)
        else:
            _fill_postgresql(connection, count)
    for index in indexes:
        with engine.begin() as connection:
            connection.exec_driver_sql(index)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _without_indexes(connection: Connection) -> list[str]:
    sqlite = connection.dialect.name == "sqlite"
    connection.execute(text(f"DROP TRIGGER audit_events_queue{'' if sqlite else ' ON audit_events'}"))
    listed = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'audit_events' AND sql <> ''"
        if sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix\\_audit\\_events%'"
    )
    indexes = connection.execute(text(listed)).all()
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    return [definition for _, definition in indexes]


def _fill_sqlite(connection: Connection, count: int) -> None:
    def plain(value: Any) -> Any:
        if isinstance(value, uuid.UUID):
            return value.hex
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value

    cursor: Any = connection.connection.cursor()
    places = ", ".join("?" * len(COLUMNS))
    cursor.executemany(
        f"INSERT INTO audit_events ({', '.join(COLUMNS)}) VALUES ({places})",  # noqa: S608 - ours
        (tuple(map(plain, row)) for row in rows(count)),
    )


def _fill_postgresql(connection: Connection, count: int) -> None:
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY audit_events ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for row in rows(count):
            copy.write_row(row)
