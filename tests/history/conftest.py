import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reconciler.lives import Lives


@pytest.fixture
def lives(database_url: str) -> Iterator[Lives]:
    made = Lives(database_url)
    yield made
    made.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "history"
    made.mkdir()
    return made


@pytest.fixture
def fresh_sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'other.db')}"


@pytest.fixture
def alone(sqlite_url: str) -> Iterator[Lives]:
    """A world for what has nothing to do with the kind of its database."""
    made = Lives(sqlite_url)
    yield made
    made.close()
