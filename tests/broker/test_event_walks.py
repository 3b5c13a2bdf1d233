"""The record is searched along its indexes only, in steps that are bounded, and nothing is left out."""

import random
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from protem.broker import event_walks
from protem.broker.event_filters import Narrowing
from protem.broker.event_walks import Key, Stretch
from protem.clock import SystemClock
from protem.db.models import AuditEvent
from protem.db.store import Store
from tests.clocks import START

COLUMNS: dict[str, list[Any]] = {
    "type": [f"grant.{name}" for name in ("created", "active", "ended", "revoked")],
    "caller": ["protem", "protem", "protem", "user:alice", "service:slack"],
    "acting_as": [None, None, "user:alice", "user:bob"],
    "principal_id": [None, "p-1", "p-2", "p-3"],
    "account_id": [None, "111111111111", "222222222222"],
    "permission_set_arn": [None, "arn:1", "arn:2"],
    "request_id": [None, *(uuid.UUID(int=number) for number in range(1, 200))],
    "grant_id": [None, *(uuid.UUID(int=number) for number in range(1, 200))],
}
EVENTS = 2_000


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, clock=SystemClock())
    chance = random.Random(5)
    rows = [
        {
            "id": uuid.UUID(int=chance.getrandbits(128)),
            "occurred_at": START + timedelta(seconds=chance.randrange(EVENTS // 3)),
            "facts": {},
            **{name: chance.choice(values) for name, values in COLUMNS.items()},
        }
        for _ in range(EVENTS)
    ]
    with store.writing() as session:
        session.execute(insert(AuditEvent), rows)
        session.execute(text("ANALYZE"))
    yield store
    store.close()


def narrowing(name: str, *values: Any) -> Narrowing:
    return Narrowing(getattr(AuditEvent, name), values)


def drawn(chance: random.Random, most: int) -> list[Narrowing]:
    names = chance.sample(list(COLUMNS), chance.randrange(most + 1))
    known = {name: sorted({value for value in COLUMNS[name] if value}) for name in names}
    return [
        narrowing(name, *chance.sample(values, min(len(values), chance.choice([1, 1, 2, 3]))))
        for name, values in known.items()
    ]


def walked(
    session: Session, narrowings: list[Narrowing], *, limit: int, budget: int, **stretch: Any
) -> Iterator[list[AuditEvent]]:
    """Yield every page from one end to the other."""
    after: Key | None = None
    while True:
        ahead = Stretch(after=after, **stretch)
        found, after = event_walks.page(session, narrowings, ahead, limit=limit, budget=budget)
        yield list(found)
        if after is None:
            return


def test_every_combination_finds_exactly_what_there_is_in_either_order(store: Store) -> None:
    chance = random.Random(6)
    with store.reading() as session:
        everything = session.scalars(select(AuditEvent)).all()
        for _ in range(25):
            narrowings, backwards = drawn(chance, 4), chance.random() < 0.5
            ends = [START + timedelta(seconds=chance.randrange(EVENTS // 3)) for _ in range(2)]
            since, until = (chance.choice([None, end]) for end in sorted(ends))
            pages = list(
                walked(
                    session,
                    narrowings,
                    limit=chance.choice([20, 200]),
                    budget=chance.choice([30, 200, 5_000]),
                    since=since,
                    until=until,
                    backwards=backwards,
                )
            )
            wanted = [
                (row.occurred_at, row.id)
                for row in everything
                if (since is None or row.occurred_at >= since)
                and (until is None or row.occurred_at < until)
                and all(getattr(row, by.column.key) in by.values for by in narrowings)
            ]
            assert [(row.occurred_at, row.id) for page in pages for row in page] == sorted(
                wanted, reverse=backwards
            )


def test_a_page_that_finds_nothing_says_where_to_go_on(store: Store) -> None:
    seldom = [narrowing("type", "grant.created"), narrowing("account_id", "111111111111")]
    never = [*seldom, narrowing("caller", "user:zoe")]
    bounds = {"since": None, "until": None, "backwards": True}
    with store.reading() as session:
        assert list(walked(session, never, limit=50, budget=20, **bounds)) == [[]]
        pages = list(walked(session, seldom, limit=50, budget=3, **bounds))
    assert [] in pages[:-1]
    assert sum(map(len, pages)) > 50


@pytest.mark.parametrize("backwards", [True, False])
def test_no_filter_reads_the_whole_record(store: Store, *, backwards: bool) -> None:
    chance = random.Random(7)
    stretches = [
        {"since": None, "until": None, "after": None},
        {"since": START + timedelta(seconds=300), "until": START + timedelta(seconds=305), "after": None},
        {"since": None, "until": None, "after": (START + timedelta(seconds=500), uuid.UUID(int=7))},
    ]
    alone = [[narrowing(name, next(filter(None, values)))] for name, values in COLUMNS.items()]
    several = [narrowing("type", "grant.created", "grant.ended")]
    for stretch in stretches:
        ahead = Stretch(backwards=backwards, **stretch)  # type: ignore[arg-type]
        for narrowings in [*alone, several, *(drawn(chance, 4) or several for _ in range(10))]:
            with store.reading() as session:
                for plan in plans(session, narrowings, ahead):
                    check(plan, {by.column.key for by in narrowings})


def plans(session: Session, narrowings: list[Narrowing], ahead: Stretch) -> Iterator[list[str]]:
    """Yield how the database goes about each statement, a line for each time that it reads the record."""
    statements: list[tuple[str, Any]] = []

    def keep(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", keep)
    event_walks.page(session, narrowings, ahead, limit=10, budget=20)
    event.remove(session.get_bind(), "before_cursor_execute", keep)
    explain = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    for statement, parameters in statements:
        lines = session.connection().exec_driver_sql(f"{explain} {statement}", parameters).all()
        yield [line[-1] for line in lines if re.search(r"(SCAN|SEARCH|Scan.* on) \w*audit_events", line[-1])]


def check(plan: list[str], columns: set[str]) -> None:
    usable = [f"ix_audit_events_{column}_occurred_at_id" for column in columns]
    assert plan, "every statement reads the record"
    for line in plan:
        assert "Seq Scan" not in line
        assert "Bitmap Heap" in line or any(name in line for name in usable), line
