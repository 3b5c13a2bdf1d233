"""What may be put on record comes back with the same hash, from either database."""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protem.broker.record import canonical
from protem.broker.record.canonical import Unwritable
from protem.db.models import AuditEvent
from tests.broker.record.records import Records

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(
    -(2.0**53), 2.0**53, exclude_min=True, exclude_max=True
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
UNWRITABLE: list[Any] = [
    2**53,
    -(2**53),
    1e300,
    -1e16,
    math.nan,
    math.inf,
    "\ud800",
    "half \udfff",
    "\x00",
    {1: "a"},
    {None: "a"},
    {"\udc00": "a"},
    {"\x00": "a"},
    [{"deep": [2**64]}],
    b"bytes",
    {1, 2},
    object(),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_facts_come_back_with_the_same_canonical_form(records: Records, facts: dict[str, Any]) -> None:
    with records.store.writing() as session:
        records.put(session, facts)
    event_id = records.waiting()[-1]
    with records.store.reading() as session:
        read = session.get_one(AuditEvent, event_id)
        assert canonical.text(read.facts) == canonical.text(facts)


@given(VALUES)
def test_reading_a_canonical_form_and_writing_it_again_changes_no_byte(value: Any) -> None:
    written = canonical.text(value)
    assert canonical.text(json.loads(written)) == written


@pytest.mark.parametrize("value", UNWRITABLE, ids=lambda value: ascii(value).partition(" at 0x")[0])
def test_what_has_no_canonical_form_is_refused_when_it_is_written(records: Records, value: Any) -> None:
    with pytest.raises(Unwritable, match="facts"), records.store.writing() as session:
        records.put(session, {"value": value})
    assert records.waiting() == []


def test_the_refusal_says_where_the_trouble_is() -> None:
    with pytest.raises(Unwritable, match=r"^facts\.targets\[1\]\.size is a number that JSON does not keep"):
        canonical.require({"targets": [{}, {"size": 2**60}]}, at="facts")
