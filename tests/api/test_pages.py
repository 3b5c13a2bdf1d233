"""Pages of requests and grants: what they say of each row, and how often they ask the database for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.api.applications import Api, asking

CALLERS = ("alice", "bob", "carol", "dave")


ANSWERS = {"alice": ("approve", "deny", "withdraw", None), "bob": ("approve", "withdraw", None, "approve")}


def ask(api: Api, name: str) -> str:
    """Return the id of a new request."""
    answer = api.person(name).post("/v1/requests", asking(duration="PT30M"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def answer(api: Api, request_id: str, told: str | None) -> None:
    path = f"/v1/requests/{request_id}"
    asked = api.person("carol").get(path).json()
    if told == "withdraw":
        api.person(asked["requester"]["user_name"].split("@")[0]).post(f"{path}/withdraw")
    elif told:
        api.person("carol").post(f"{path}/decisions", {"decision": told, "digest": asked["digest"]})


@pytest.fixture
def api(api: Api) -> Api:
    """An application with requests in each state, and grants that are over and that are not."""
    for name, answers in ANSWERS.items():
        for told in answers:
            answer(api, ask(api, name), told)
    api.world.clock.advance(3_600)
    answer(api, ask(api, "bob"), "approve")
    ask(api, "alice")
    return api


@contextmanager
def statements(api: Api) -> Iterator[list[str]]:
    """Note what is asked of the database."""
    asked: list[str] = []

    def note(*told: object) -> None:
        asked.append(str(told[2]))

    event.listen(api.world.store.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(api.world.store.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("kind", ["requests", "grants"])
def test_a_page_says_of_each_row_what_reading_it_alone_says(api: Api, kind: str) -> None:
    shown = {
        name: api.person(name).get(f"/v1/{kind}", params={"limit": "50"}).json()["items"] for name in CALLERS
    }
    assert any(row["actions"] == ["repeat"] for row in shown["alice"])
    for name, rows in shown.items():
        assert rows == [api.person(name).get(f"/v1/{kind}/{row['id']}").json() for row in rows]


@pytest.mark.parametrize("kind", ["requests", "grants"])
@pytest.mark.parametrize("name", ["bob", "carol"])
def test_a_long_page_asks_the_database_hardly_more_often_than_a_short_one(
    api: Api, kind: str, name: str
) -> None:
    counts = []
    for limit in (2, 20):
        for number in range(12 if limit > 2 else 0):
            answer(api, ask(api, "bob"), ("withdraw", None)[number % 2])
        with statements(api) as asked:
            rows = api.person(name).get(f"/v1/{kind}", params={"limit": str(limit)}).json()["items"]
        counts.append((len(rows), len(asked)))
    (few, seldom), (many, often) = counts
    assert many > few
    assert often - seldom <= many
