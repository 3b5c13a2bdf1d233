"""The ground that most attacks begin on."""

from collections.abc import Iterator

import pytest

from tests.attacks.ground import Ground
from tests.cli.conftest import invoke, quiet  # noqa: F401 - fixtures


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    """An application around an organization in which something of everything has happened."""
    yield from _running(database_url)


@pytest.fixture
def small_ground(sqlite_url: str) -> Iterator[Ground]:
    """The same on SQLite alone, for what no database has a say in."""
    yield from _running(sqlite_url)


def _running(url: str) -> Iterator[Ground]:
    ground = Ground(url)
    with ground.api.http:
        ground.seed()
        yield ground
    ground.world.store.close()
