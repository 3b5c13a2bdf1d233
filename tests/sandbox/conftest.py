import pytest

from tests.sandbox.scene import Scene, stage


@pytest.fixture
def scene() -> Scene:
    return stage()
