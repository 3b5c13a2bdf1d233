"""However long the history is, what happens all the time finds its rows along indexes."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, NullPool, Select, create_engine, event, select, text, true
from sqlalchemy.orm import Session

from benchmarks.growth import estate, filling, lists, work
from benchmarks.growth.__main__ import Time, compared
from protem.broker import grants, requests, visibility
from protem.broker.callers import Caller
from protem.broker.pages import Page, Paging
from protem.clock import SystemClock
from protem.db.models import Grant, Request, Target
from protem.db.store import Store
from protem.domain.authority import Verb
from protem.domain.lifecycle import RequestState

GROWING = frozenset(
    {
        *("requests", "targets", "involved", "decisions", "grants", "assignments", "reviews"),
        *("audit_events", "seals", "deliveries", "delivery_attempts", "idempotency_keys"),
    }
)
"""The tables whose rows are as many as there was history."""
FEW = ("_live", "_held", "_under_way", "_stuck", "_extension")
"""Indexes that hold what is live, of which there is no more with the years."""

Statement = tuple[str, Any]


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("growth") / "protem.db"
    path.write_bytes(migrated_file.read_bytes())
    yield from filled(f"sqlite:///{path}")


@pytest.fixture(scope="module")
def postgresql(databases: Any, migrated_database: str) -> Iterator[Store]:
    with databases.new(like=migrated_database) as url:
        yield from filled(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def filled(url: str) -> Iterator[Store]:
    """Yield a store in which a little of everything has happened."""
    store, now = Store(url, clock=SystemClock()), datetime.now(UTC)
    with store.writing() as session:
        estate.fill(session, now=now)
    store.engine.dispose()
    engine = create_engine(url, poolclass=NullPool)
    filling.fill(engine, grants=450, active=60, pending=10, now=now)
    yield store
    store.close()


def test_what_happens_all_the_time_reads_no_table_whole(store: Store) -> None:
    found = []
    for name, act in work.acts(store):
        with listening(store) as statements:
            act()
        assert statements, name
        found += [(name, line) for line in whole(store, statements, lists=False)]
    assert not found, "\n".join(map(str, found))


def test_no_list_reads_a_table_whole(store: Store) -> None:
    found = []
    for look in lists.looks():
        with listening(store) as statements:
            look.first(store)
        assert statements, look.name
        found += [(look.name, line) for line in whole(store, statements, lists=True)]
    assert not found, "\n".join(map(str, found))


def test_the_benchmark_says_how_much_longer_what_took_where_as_much_was_found() -> None:
    each = [{"a": Time(0.01, 2), "b": Time(0.01, 2)}, {"a": Time(0.02, 2), "b": Time(0.04, 50)}]
    first, second = compared("sqlite", [1, 2], each).splitlines()[2:4]
    assert re.split(r"  +", first.strip()) == ["a", "10.0 ms", "(2)", "20.0 ms × 2.00", "(2)"]
    assert "×" not in second


@contextmanager
def listening(store: Store) -> Iterator[list[Statement]]:
    """Yield the statements that come to the store meanwhile, each once."""
    heard: dict[str, Any] = {}

    def hear(*given: Any) -> None:
        heard.setdefault(given[2], given[3])

    event.listen(store.engine, "before_cursor_execute", hear)
    statements: list[Statement] = []
    yield statements
    event.remove(store.engine, "before_cursor_execute", hear)
    statements += [one for one in heard.items() if one[0].startswith(("SELECT", "UPDATE", "DELETE", "WITH"))]


def whole(store: Store, statements: list[Statement], *, lists: bool) -> Iterator[str]:
    """Yield what reads a growing table from one end to the other; lists may do so until a page is full."""
    with store.reading() as session:
        if not store.is_sqlite:
            # It is a small database: what is cheaper to read whole now would not be for long.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                session.execute(text(f"SET LOCAL enable_{way} = off"))
        connection = session.connection()
        for statement, given in statements:
            if store.is_sqlite:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
                lines = [str(row[3]) for row in plan]
                yield from (
                    f"{line} IN {statement}" for line in lines if _scans(line, statement, lists=lists)
                )
            else:
                explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar()
                plan = explained if isinstance(explained, list) else json.loads(str(explained))
                yield from (f"{line} IN {statement}" for line in _scanned(plan[0]["Plan"], lists=lists))


def _scans(line: str, statement: str, *, lists: bool) -> bool:
    found = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$", line)
    if found is None or _table(found[1], statement) not in GROWING:
        return False
    if found[2] is None:
        return True
    return not lists and not found[2].endswith(FEW)


def test_what_aws_may_hold_is_found_among_little_else(store: Store) -> None:
    narrowed = [look for look in lists.looks() if look.name.endswith((" standing", " unknown", "live True"))]
    assert len(narrowed) == 3
    for look in narrowed:
        with listening(store) as statements:
            look.first(store)
        assert any(few in line for line in plans(store, statements) for few in ("_held", "_live")), look.name


def _table(alias: str, statement: str) -> str:
    """Return the table that goes by this name in a statement."""
    meant = re.search(rf"\b(\w+) AS {alias}\b", statement)
    return meant[1] if meant else alias


def _scanned(node: dict[str, Any], *, lists: bool, limited: bool = False) -> Iterator[str]:
    limited = limited or node["Node Type"] == "Limit"
    if node.get("Relation Name") in GROWING and node["Node Type"] != "ModifyTable":
        kind, index = node["Node Type"], node.get("Index Name", "")
        along = kind.startswith(("Index", "Bitmap")) and ("Index Cond" in node or kind == "Bitmap Heap Scan")
        if not (along or index.endswith(FEW) or (lists and limited and index)):
            yield f"{kind} of {node['Relation Name']} {index} {node.get('Filter', '')}"
    for below in node.get("Plans", ()):
        yield from _scanned(below, lists=lists, limited=limited)


def plans(store: Store, statements: list[Statement]) -> list[str]:
    """Return the plans of all statements, as one line each."""
    how = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    with store.reading() as session:
        connection = session.connection()
        if not store.is_sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [str(connection.exec_driver_sql(f"{how} {sql}", given).all()) for sql, given in statements]


def test_each_way_leads_to_all_that_somebody_may_see_and_to_nothing_else(store: Store) -> None:
    busy, lots = estate.ORGANIZATION.accounts[0].id, 0
    there = Request.id.in_(select(Target.request_id).where(Target.account_id == busy))
    narrowed: list[tuple[dict[str, Any], ColumnElement[bool]]] = [
        ({}, true()),
        ({"state": RequestState.PENDING}, Request.state == RequestState.PENDING),
        ({"state": RequestState.DENIED, "account": busy}, (Request.state == RequestState.DENIED) & there),
        ({"account": busy}, there),
        ({"entitlement": estate.RARE}, Request.entitlement == estate.RARE),
    ]
    with store.reading() as session:
        for caller in callers(session):
            seen = visibility.visible_requests(caller)
            for how, condition in narrowed:
                found = paged(session, caller, requests.list_, **how)
                assert found == ids(session, select(Request.id).where(seen, condition)), (caller.name, how)
                lots += len(found)
            shown = visibility.visible_requests(caller, Verb.GRANTS_READ)
            of_grants = select(Grant.id).join(Request, Request.id == Grant.request_id).where(shown)
            for live, over in ((None, true()), (True, Grant.ended_at.is_(None))):
                assert paged(session, caller, grants.list_, live=live) == ids(session, of_grants.where(over))
    assert lots > 500


def callers(session: Session) -> list[Caller]:
    seen = {look.person_id or "": look.caller for look in lists.looks() if look.caller is not lists.ADMIN}
    people = [lists.person(session, person_id) for person_id in seen if person_id]
    return [lists.AUDITOR, *people, *map(lists.bot, estate.BOTS)]


def ids(session: Session, statement: Select[uuid.UUID]) -> list[uuid.UUID]:
    return sorted(session.scalars(statement), reverse=True)


def paged(session: Session, caller: Caller, list_: Callable[..., Page[Any]], **how: Any) -> list[uuid.UUID]:
    """Return the ids on all pages, which are small."""
    found, paging = list[uuid.UUID](), Paging(limit=97)
    while True:
        page = list_(session, caller, paging=paging, **how)
        found += [item.id for item in page.items]
        if page.next_cursor is None:
            return found
        paging = Paging(limit=97, cursor=page.next_cursor)
