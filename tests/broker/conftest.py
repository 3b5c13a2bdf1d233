"""The world that most tests of the broker begin with."""

from collections.abc import Iterator

import pytest

from tests.broker.racing import apart
from tests.broker.worlds import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """An organization, two entitlements and nobody's access, on both databases."""
    world = World(database_url)
    yield world
    world.store.close()


@pytest.fixture
def rivals(world: World) -> Iterator[list[World]]:
    """The same world four times, as other processes on its database have it."""
    with apart(world, 4) as worlds:
        yield worlds
