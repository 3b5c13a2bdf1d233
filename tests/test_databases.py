"""Tests of what the other tests stand on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text


def test_every_test_gets_the_current_schema(database_url: str) -> None:
    assert "alembic_version" in tables(database_url)


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    assert tables(empty_database_url) == []


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_is_left_from_the_test_before(database_url: str, turn: str) -> None:
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text(f"CREATE TABLE {turn} (id INTEGER)"))
    assert not {"first", "second"} - {turn} & set(tables(database_url))


def tables(url: str) -> list[str]:
    return inspect(create_engine(url, poolclass=NullPool)).get_table_names()
