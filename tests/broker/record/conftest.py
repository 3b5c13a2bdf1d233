"""A record with nothing in it, on both databases."""

from collections.abc import Iterator

import pytest

from tests.broker.record.records import Records


@pytest.fixture
def records(database_url: str) -> Iterator[Records]:
    """The record, and a hand to write into it."""
    records = Records(database_url)
    yield records
    records.store.close()
