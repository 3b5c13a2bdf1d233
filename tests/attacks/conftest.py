"""The ground that most attacks begin on."""

from collections.abc import Iterator

import pytest

from tests.attacks.ground import Ground
from tests.cli.conftest import invoke, quiet  # noqa: F401 - fixtures


@pytest.fixture
def ground(database_url: str) -> Iterator[Ground]:
    """An application around an organization in which something of everything has happened."""
    ground = Ground(database_url)
    with ground.api.http:
        ground.seed()
        yield ground
    ground.world.store.close()
