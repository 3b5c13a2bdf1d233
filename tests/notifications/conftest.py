"""A world from which events leave."""

from collections.abc import Iterator

import pytest

from tests.broker.worlds import World
from tests.notifications.offices import Office


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.store.close()


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)
