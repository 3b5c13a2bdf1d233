"""How the time of everything grows with the length of the history: `make bench-growth ROWS=…`."""

import argparse
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import NullPool, create_engine, event

from benchmarks.audit import database, hurry
from benchmarks.growth import estate, filling, history, lists, work
from benchmarks.timing import table
from protem import logs
from protem.clock import SystemClock
from protem.db.migrate import upgrade
from protem.db.store import Store

SIZES = (1_000, 100_000, 1_000_000)
_ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Time:
    """The seconds that something takes, and how many rows it found."""

    seconds: float
    found: int | None


Times = dict[str, Time]


def measured(store: Store, *, rounds: int) -> Times:
    """Return the seconds that everything takes, the fastest of some rounds."""
    middle = datetime.now(UTC) - history.SPAN / 2
    times = {}
    for look in lists.looks():
        times[look.name] = _fastest(partial(look.first, store), rounds)
        times[f"{look.name}: deep"] = _fastest(partial(look.deep, store, middle=middle), rounds)
    for name, act in work.acts(store):
        times[name] = _fastest(act, rounds)
    return times


def _fastest(act: Callable[[], object], rounds: int) -> Time:
    each, found = [], None
    for _ in range(rounds):
        before = time.perf_counter()
        found = act()
        each.append(time.perf_counter() - before)
    return Time(min(each), found if isinstance(found, int) else None)


@contextmanager
def filled(url: str, *, grants: int, active: int, pending: int) -> Iterator[Store]:
    """Yield a store with so long a history."""
    upgrade(url)
    store, before, now = Store(url, clock=SystemClock()), time.perf_counter(), datetime.now(UTC)
    with store.writing() as session:
        estate.fill(session, now=now)
    store.engine.dispose()
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", hurry)
    filling.fill(engine, grants=grants, active=active, pending=pending, now=now)
    engine.dispose()
    # Else the first to commit wait for the disk to take all of it.
    os.sync()
    print(f"{grants:,} grants that are over, in {time.perf_counter() - before:,.0f} s", flush=True)
    yield store
    store.close()


def compared(kind: str, sizes: Sequence[int], each: Sequence[Times]) -> str:
    """Return a table of all times, as multiples of the smallest where as many rows were found."""
    width = max(map(len, each[0]))
    lines = [
        (name.ljust(width), _cell(smallest, None), *(_cell(times[name], smallest) for times in each[1:]))
        for name, smallest in each[0].items()
    ]
    title = f"{kind}, by grants that are over: the time, × the smallest if as many rows were found (so many)"
    return table(title, ("", *(f"{size:,}" for size in sizes)), lines)


def _cell(time_: Time, smallest: Time | None) -> str:
    comparable = smallest is not None and smallest.found == time_.found
    grown = f" × {time_.seconds / smallest.seconds:.2f}" if smallest and comparable else ""
    found = "" if time_.found is None else f" ({time_.found})"
    return f"{time_.seconds * 1_000:.1f} ms{grown}{found:>5}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="how many grants are over, at most")
    parser.add_argument("--active", type=int, default=history.ACTIVE, help="how many are active")
    parser.add_argument("--pending", type=int, default=history.PENDING, help="how many requests wait")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="of which the fastest counts")
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--directory", type=Path, help="where the databases are made, and removed again")
    given = parser.parse_args(arguments)
    logs.configure("json", level=logging.ERROR)
    sizes = [*(size for size in SIZES if size < given.rows), given.rows]
    for kind in ("sqlite", "postgresql") if given.on == "both" else (given.on,):
        each = []
        for size in sizes:
            with (
                tempfile.TemporaryDirectory(prefix="protem-growth-", dir=given.directory) as name,
                database(kind, Path(name)) as url,
                filled(url, grants=size, active=given.active, pending=given.pending) as store,
            ):
                each.append(measured(store, rounds=given.rounds))
        print(compared(kind, sizes, each), flush=True)


if __name__ == "__main__":
    main()
