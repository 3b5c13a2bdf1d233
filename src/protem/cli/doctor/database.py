"""The database: whether it answers, has the right schema, and is safe from others; and its clock."""

import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from protem.cli.console import store_of
from protem.cli.doctor.findings import Finding, Part
from protem.cli.failures import Failure
from protem.clock import SystemClock
from protem.db import engine, privileges
from protem.db.store import Store
from protem.settings import Settings

PART = Part("database")
CLOCK = Part("clock")
TOLERATED_SECONDS = 2.0


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at the database of the settings, and make none where there is none."""
    path = _file(settings)
    if is_missing(settings):
        yield PART.bad(f"there is no {path}: run `protem migrate`, or look at PROTEM_DATABASE_URL")
        return
    try:
        with store_of(settings) as store:
            yield PART.good("it answers, and has the schema of this version")
            yield from _private(path) if path is not None else _postgresql(store)
    except Failure as failure:
        yield PART.bad(failure.detail)


def is_missing(settings: Settings) -> bool:
    """Say whether the database is a file that is not there; opening it would make it."""
    path = _file(settings)
    return path is not None and not path.exists()


def _file(settings: Settings) -> Path | None:
    url = engine.parse(settings.database_url.get_secret_value())
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _private(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield PART.bad(
            f"others on this machine can get at {path}: chmod 600 {path}, and its -wal and -shm files"
        )
    yield PART.warning("SQLite serves one process; for replicas, use PostgreSQL")


def _postgresql(store: Store) -> Iterator[Finding]:
    with store.reading() as session:
        before = SystemClock().now()
        instant = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        seconds = abs((instant - before).total_seconds())
        too_much = privileges.excess(session)
    yield from map(PART.warning, too_much)
    yield clock_finding("the database's", seconds)


def clock_finding(whose: str, seconds: float) -> Finding:
    if seconds > TOLERATED_SECONDS:
        return CLOCK.bad(f"{whose} clock and ours are {seconds:.1f} seconds apart: let both follow NTP")
    return CLOCK.good(f"{whose} clock and ours agree to {max(seconds, 0.1):.1f} seconds")
