"""The application that most tests of the API begin with."""

from collections.abc import Iterator

import pytest

from tests.api.applications import Api
from tests.broker.worlds import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """An organization, two entitlements and nobody's access, on both databases."""
    world = World(database_url)
    yield world
    world.store.close()


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The application around the world, running."""
    api = Api(world)
    with api.http:
        yield api
