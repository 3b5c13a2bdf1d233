"""Many callers at once: nothing freezes, and nothing is answered that is not committed."""

import asyncio
from typing import Any

import pytest

from protem.app import THREADS_POSTGRESQL, THREADS_SQLITE
from protem.db.models import Request
from protem.db.store import Store
from tests.api.applications import Api, asking
from tests.api.live import living, run
from tests.broker.worlds import World

CONNECTIONS = 64


@pytest.fixture
def scarce(world: World) -> Api:
    """An application that has as many connections as threads, and not one more."""
    threads = THREADS_SQLITE if world.store.is_sqlite else THREADS_POSTGRESQL
    world.store.close()
    world.store = Store(world.url, clock=world.clock, pool_size=threads, agreed_time=False)
    return Api(world)


def test_many_connections_do_not_freeze_it(scarce: Api) -> None:
    alice = scarce.person("alice")

    async def scenario() -> None:
        async with living(scarce) as live:
            asked = [live.post(alice, "/v1/requests", asking()) for _ in range(CONNECTIONS)]
            statuses = {answer.status_code for answer in await asyncio.gather(*asked)}
            assert statuses == {201}
            read = [live.get(alice, "/v1/requests") for _ in range(CONNECTIONS)]
            counts = {len(answer.json()["items"]) for answer in await asyncio.gather(*read)}
            assert counts == {50}

    run(scenario)


def test_what_is_answered_is_committed(scarce: Api) -> None:
    alice, committed = scarce.person("alice"), []

    async def scenario() -> None:
        async with living(scarce) as live:

            async def watched(scope: Any, receive: Any, send: Any) -> None:
                async def watch(message: Any) -> None:
                    if message["type"] == "http.response.start":
                        committed.append(count(scarce.world))
                    await send(message)

                await scarce.app(scope, receive, watch)

            live.through(watched)
            assert (await live.post(alice, "/v1/requests", asking())).status_code == 201

    run(scenario)
    assert committed == [1]


def count(world: World) -> int:
    with world.store.reading() as session:
        return session.query(Request).count()


def test_of_two_who_decide_at_once_both_are_answered(scarce: Api) -> None:
    request = scarce.world.submit(scarce.world.person("alice"))
    path, body = f"/v1/requests/{request.id}/decisions", {"decision": "approve", "digest": request.digest}
    people = scarce.person("carol"), scarce.person("dave")

    async def scenario() -> None:
        async with living(scarce) as live:
            answers = await asyncio.gather(*(live.post(person, path, body) for person in people))
            assert sorted(answer.status_code for answer in answers) == [200, 409]

    run(scenario)


def test_one_key_that_is_sent_many_times_at_once_has_one_effect(scarce: Api) -> None:
    alice = scarce.person("alice")
    alice.headers = {**alice.headers, "Idempotency-Key": "once"}

    async def scenario() -> None:
        async with living(scarce) as live:
            sent = [live.post(alice, "/v1/requests", asking()) for _ in range(8)]
            ids = {answer.json()["id"] for answer in await asyncio.gather(*sent)}
            assert len(ids) == 1

    run(scenario)
    assert count(scarce.world) == 1
