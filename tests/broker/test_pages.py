"""Cursors are ours, and of one list."""

import base64
import json

import pytest

from protem.broker import catalogue, requests
from protem.broker.pages import MAXIMUM_LIMIT, Paging
from protem.domain.errors import InvalidInput
from tests.broker.worlds import AUDITOR, World, asking


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("limit", [0, -1, MAXIMUM_LIMIT + 1])
def test_pages_have_a_length(limit: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        Paging(limit=limit)
    assert caught.value.errors[0].field == "limit"


def test_what_is_no_cursor_of_this_list_is_refused(world: World) -> None:
    for number in range(3):
        world.submit(world.person("alice"), asking(justification=f"number {number}"))
    with world.store.reading() as session:
        other = catalogue.accounts(session, AUDITOR, paging=Paging(limit=1)).next_cursor
    assert other is not None
    good = "01a204a9-eff7-7632-ad68-a1ab89f5d981"
    odd: list[object] = [None, 1, "", "x", [], {}, ["x"], good + "0"]
    whole: list[object] = [None, 1, "requests", [], ["requests"], {}, {"requests": 1}]
    others: list[object] = [["grants", good], ["requests", good, good], [["requests"], good]]
    absurd = [
        *("", "x", "=", "é", "\x00", "a b", "a" * 5000, "W" * 40_000, other),
        *(encoded(["requests", reached]) for reached in odd),
        *map(encoded, whole + others),
        encoded(["requests", good])[:-3],
        base64.urlsafe_b64encode(b"[" * 30_000).decode(),
    ]
    for cursor in absurd:
        with world.refusing(InvalidInput) as caught, world.store.reading() as session:
            requests.list_(session, AUDITOR, paging=Paging(cursor=cursor))
        assert caught.value.errors[0].field == "cursor", cursor


def test_a_text_that_no_database_keeps_finds_nothing_rather_than_failing(world: World) -> None:
    with world.store.reading() as session:
        paging = Paging(cursor=encoded(["accounts", "\x00", "1\x00"]))
        assert catalogue.accounts(session, AUDITOR, paging=paging).next_cursor is None
