"""Tests of what the other tests stand on."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, make_url, text

DIES = """
import os, signal
from tests import postgres
with postgres.server() as url:
    print(url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_every_test_gets_the_current_schema(database_url: str) -> None:
    assert "alembic_version" in tables(database_url)


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    assert tables(empty_database_url) == []


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_is_left_from_the_test_before(database_url: str, turn: str) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"CREATE TABLE {turn} (id INTEGER)"))
    assert not {"first", "second"} - {turn} & set(tables(database_url))


def test_the_server_goes_when_whoever_started_it_is_killed() -> None:
    # the keeper of the server holds the error output open, so this returns when the keeper has gone, too
    killed = subprocess.run(
        [sys.executable, "-c", DIES], capture_output=True, text=True, timeout=60, check=False
    )
    home = Path(str(make_url(killed.stdout.strip()).query["host"]))
    assert home.name.startswith("protem-postgresql-")
    assert not home.exists()


def tables(url: str) -> list[str]:
    return inspect(create_engine(url, poolclass=NullPool)).get_table_names()
