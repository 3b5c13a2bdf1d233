"""Every test here runs against both; where moto is known to differ, it must go on differing."""

from collections.abc import Iterator

import pytest

from tests.contract.centers import CENTERS, Center
from tests.contract.differences import DIFFERENCES


@pytest.fixture(params=CENTERS)
def center(request: pytest.FixtureRequest) -> Iterator[Center]:
    with CENTERS[request.param]() as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        difference = DIFFERENCES.get(getattr(item, "originalname", ""))
        callspec = getattr(item, "callspec", None)
        if difference and callspec and callspec.params.get("center") == "moto":
            item.add_marker(pytest.mark.xfail(reason=difference.what, raises=difference.seen_as, strict=True))
