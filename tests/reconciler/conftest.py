import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.reconciler.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes any number of empty databases of one kind."""
    with ExitStack() as made:
        if request.param == "sqlite":
            migrated = request.getfixturevalue("migrated_file")
            yield lambda: f"sqlite:///{shutil.copy(migrated, tmp_path / f'{uuid.uuid4()}.db')}"
        else:
            databases = request.getfixturevalue("databases")
            template = request.getfixturevalue("migrated_database")
            yield lambda: made.enter_context(databases.new(like=template))
