"""How fast the record is searched, whatever its length: run it with `make bench-audit ROWS=…`."""

import argparse
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, event

from benchmarks import events
from benchmarks.timing import table
from protem.broker import events as record
from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.event_filters import Wanted
from protem.broker.pages import Paging
from protem.clock import SystemClock
from protem.db.migrate import upgrade
from protem.db.models import TokenRole
from protem.db.store import Store
from protem.domain.events import EventType
from tests import postgres

AUDITOR = Caller(name="benchmark", role=TokenRole.AUDITOR)
_ROUNDS = 5


def searches(rows: int) -> dict[str, Wanted]:
    """Return what is looked for: each filter by itself, and combinations from kind to unkind."""
    life = rows // len(events.LIFE) // 2
    person = f"p-{life * 7919 % events.PEOPLE}"
    often, rare = EventType.GRANT_ACTIVE, EventType.REQUEST_APPROVED
    busy, quiet = events.account(0), events.account(events.where(life // 5 * 5 + 1))
    mostly, odd = events.permission_set(0), events.permission_set(1)
    return {
        "nothing": Wanted(),
        "type": Wanted(types=[often]),
        "three types": Wanted(types=[often, rare, EventType.GRANT_ENDED]),
        "caller, 7 of 10": Wanted(caller="protem"),
        "caller": Wanted(caller="user:person-0"),
        "acting_as": Wanted(acting_as="user:person-0"),
        "principal": Wanted(principal=person),
        "account, 1 of 5": Wanted(account=busy),
        "account": Wanted(account=quiet),
        "permission_set": Wanted(permission_set=mostly),
        "request_id": Wanted(request_id=uuid.UUID(int=2**64 + life)),
        "grant_id": Wanted(grant_id=uuid.UUID(int=2**65 + life)),
        "type + account": Wanted(types=[often], account=busy),
        "type + principal": Wanted(types=[often], principal=person),
        "caller + permission_set": Wanted(caller="protem", permission_set=mostly),
        "principal + account": Wanted(principal=person, account=quiet),
        "five together": Wanted(
            types=[often, EventType.GRANT_ENDED],
            caller="protem",
            principal="p-0",
            account=busy,
            permission_set=mostly,
        ),
        "two that never meet": Wanted(account=busy, permission_set=odd),
        "three that never meet": Wanted(types=[rare], caller="protem", permission_set=mostly),
    }


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the record one measurement is about."""

    name: str
    how: dict[str, Any]


def parts(rows: int) -> list[Part]:
    """Return where each search begins: at the ends, in the middle, and in an hour of long ago."""
    middle = events.at(rows // 2, rows), uuid.UUID(int=rows // 2)
    onwards = pages.cursor(middle, of="audit-events")
    hour: datetime = events.at(rows // 10, rows)
    return [
        Part("first page", {}),
        Part("oldest first", {"oldest_first": True}),
        Part("deep page", {"paging": Paging(cursor=onwards)}),
        Part("old hour", {"since": hour, "until": hour + timedelta(hours=1)}),
    ]


def measure(store: Store, rows: int) -> str:
    """Time every search in every part, as ratios to the plain first page."""
    lines, plain = [], 0.0
    for name, wanted in searches(rows).items():
        cells = []
        for part in parts(rows):
            seconds, first, found = _timed(lambda wanted=wanted, part=part: _page(store, wanted, part))  # type: ignore[misc]
            plain = plain or seconds
            cells.append(f"{seconds * 1_000:.1f} ms × {seconds / plain:.1f} ({first * 1_000:.0f}) {found}")
        lines.append((name, *cells))
    kind = "SQLite" if store.is_sqlite else "PostgreSQL"
    title = (
        f"{kind}, {rows:,} events: the fastest of {_ROUNDS}, × the plain first page (the first time), found"
    )
    return table(title, ("looking for", *(part.name for part in parts(rows))), lines)


def _page(store: Store, wanted: Wanted, part: Part) -> str:
    with store.reading() as session:
        page = record.list_(session, AUDITOR, wanted, **part.how)
        return f"{len(page.items)}{'+' if page.next_cursor else ''}"


def _timed(act: Callable[[], str]) -> tuple[float, float, str]:
    """Return the seconds of the fastest round, those of the first, and what was found."""
    each, found = [], ""
    for _ in range(_ROUNDS):
        before = time.perf_counter()
        found = act()
        each.append(time.perf_counter() - before)
    return min(each), each[0], found


@contextmanager
def filled(url: str, rows: int) -> Iterator[Store]:
    """Yield a store with so many events on record."""
    upgrade(url)
    before = time.perf_counter()
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", hurry)
    events.fill(engine, rows)
    engine.dispose()
    print(f"{rows:,} events written and indexed in {time.perf_counter() - before:,.0f} s", flush=True)
    store = Store(url, clock=SystemClock())
    yield store
    store.close()


def hurry(connection: Any, _: object) -> None:
    for pragma in ("journal_mode=DELETE", "synchronous=OFF", "cache_size=-500000"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def database(kind: str, directory: Path) -> Iterator[str]:
    """Yield the URL of an empty database of this kind, on the disk."""
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'benchmark.db'}"
        return
    directory.chmod(0o711)
    with postgres.server({**postgres.FAST, "maintenance_work_mem": "512MB"}, directory=directory) as url:
        yield url


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="how long the record is")
    parser.add_argument("--on", choices=("sqlite", "postgresql"), action="append", help="both unless told")
    parser.add_argument("--directory", type=Path, help="where the databases are made, and removed again")
    given = parser.parse_args(arguments)
    for kind in given.on or ("sqlite", "postgresql"):
        with (
            tempfile.TemporaryDirectory(prefix="protem-benchmark-", dir=given.directory) as name,
            database(kind, Path(name)) as url,
            filled(url, given.rows) as store,
        ):
            print(measure(store, given.rows), flush=True)


if __name__ == "__main__":
    main()
