"""`?wait=` holds an answer back until it changes, and holds nothing else."""

import asyncio
import threading
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import update

from protem.api.waiting import Waiters
from protem.db.models import Token
from protem.db.store import ANSWERS, ASSIGNMENTS, announce
from protem.domain.errors import TooManyWaiters
from tests.api.applications import Api, Client
from tests.api.live import living, run, until
from tests.broker.worlds import World


@pytest.fixture
def still(world: World) -> Api:
    """The application of the world, to be run on the event loop of a test."""
    return Api(world)


def pending(api: Api) -> tuple[Client, Any, str]:
    alice = api.person("alice")
    request = api.world.submit(api.world.person("alice"))
    return alice, request, f"/v1/requests/{request.id}"


def test_an_answer_that_is_known_already_is_not_sent_again(api: Api) -> None:
    path = f"/v1/requests/{api.asked()['id']}"
    first = api.person("alice").get(path)
    known = api.person("alice").get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["ETag"] == first.headers["ETag"]
    weak = api.person("alice").get(path, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
    assert weak.status_code == 304
    other = api.person("alice").get(path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.json()) == (200, first.json())


def test_who_knows_something_else_is_answered_at_once(api: Api) -> None:
    path = f"/v1/requests/{api.asked()['id']}?wait=60"
    assert api.person("alice").get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_when_nothing_has_changed_the_answer_says_so(api: Api) -> None:
    path = f"/v1/requests/{api.asked()['id']}"
    first = api.person("alice").get(path)
    known = api.person("alice").get(f"{path}?wait=1", headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304
    unasked = api.person("alice").get(f"{path}?wait=1")
    assert (unasked.status_code, unasked.json()) == (200, first.json())


def test_a_wait_is_one_to_sixty_seconds(api: Api) -> None:
    for wait in ("0", "61", "-1", "PT5S", "1.5"):
        answer = api.person("alice").get(f"/v1/requests/{api.asked()['id']}?wait={wait}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "wait")


@pytest.mark.parametrize("knowing", [True, False])
def test_a_decision_wakes_whoever_waits_for_it(still: Api, *, knowing: bool) -> None:
    alice, request, path = pending(still)

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            etag = (await live.get(alice, path)).headers["ETag"] if knowing else None
            waiting = tasks.create_task(live.get(alice, f"{path}?wait=60", etag=etag))
            await until(lambda: live.waiters.count == 1)
            await anyio.to_thread.run_sync(still.world.decide, still.world.person("carol"), request)
            answer = await waiting
            assert (answer.status_code, answer.json()["state"]) == (200, "approved")
            assert live.waiters.count == 0

    run(scenario)


def test_a_revocation_wakes_whoever_waits_for_the_grant(still: Api) -> None:
    alice = still.person("alice")
    grant = still.world.approved()

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(live.get(alice, f"/v1/grants/{grant.id}?wait=60"))
            await until(lambda: live.waiters.count == 1)
            await anyio.to_thread.run_sync(still.world.revoke, still.world.person("alice"), grant)
            assert (await waiting).json()["end_reason"] == "relinquished"

    run(scenario)


def test_what_another_process_writes_is_noticed_within_a_second_or_so(still: Api) -> None:
    alice = still.person("alice")
    grant = still.world.approved()

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(live.get(alice, f"/v1/grants/{grant.id}?wait=60"))
            await until(lambda: live.waiters.count == 1)
            quietly = partial(still.world.change, grant, revoke_comment="from elsewhere")
            await anyio.to_thread.run_sync(quietly)
            assert (await waiting).json()["revoke_comment"] == "from elsewhere"

    run(scenario)


def test_one_caller_waits_for_so_many_answers_and_no_more(still: Api) -> None:
    alice, _, path = pending(still)
    bob = still.person("bob")
    other = still.world.submit(still.world.person("bob"))

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(live.get(alice, f"{path}?wait=60"))
            await until(lambda: live.waiters.count == 2)
            refused = await live.get(alice, f"{path}?wait=60")
            assert (refused.status_code, refused.json()["code"]) == (429, "too-many-waiters")
            assert refused.headers["Retry-After"] == "1"
            assert (await live.get(alice, path)).status_code == 200
            tasks.create_task(live.get(bob, f"/v1/requests/{other.id}?wait=60"))
            await until(lambda: live.waiters.count == 3)
            live.waiters.close()

    run(scenario)


def test_forty_waiters_never_hold_up_a_revoke(world: World) -> None:
    api = Api(world, waiters_per_caller=40)
    alice, grant = api.person("alice"), world.approved()
    path = f"/v1/grants/{grant.id}"

    async def scenario() -> None:
        async with living(api) as live, asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(live.get(alice, f"{path}?wait=60")) for _ in range(40)]
            await until(lambda: live.waiters.count == 40)
            revoked = await live.post(alice, f"{path}/revoke")
            assert revoked.status_code == 202
            assert {(await answer).json()["end_reason"] for answer in waiting} == {"relinquished"}

    run(scenario)


def test_a_client_that_hangs_up_gives_its_place_back(still: Api) -> None:
    alice, _, path = pending(still)

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            hung_up = asyncio.Event()

            async def receive() -> dict[str, Any]:
                await hung_up.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None: ...

            headers = [(name.lower().encode(), value.encode()) for name, value in alice.headers.items()]
            scope = {
                "type": "http",
                "method": "GET",
                "path": path,
                "query_string": b"wait=60",
                "headers": headers,
                "http_version": "1.1",
            }
            tasks.create_task(live.app(scope, receive, send))
            await until(lambda: live.waiters.count == 1)
            hung_up.set()
            await until(lambda: live.waiters.count == 0)

    run(scenario)


def test_whoever_waits_is_let_go_when_the_application_stops(still: Api) -> None:
    alice, _, path = pending(still)

    async def scenario() -> None:
        async with asyncio.TaskGroup() as tasks:
            async with living(still) as live:
                waiting = tasks.create_task(live.get(alice, f"{path}?wait=60"))
                await until(lambda: live.waiters.count == 1)
            assert (await waiting).status_code == 200

    run(scenario)


def test_a_token_that_is_revoked_ends_the_waiting(still: Api) -> None:
    alice, _, path = pending(still)

    async def scenario() -> None:
        async with living(still) as live, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(live.get(alice, f"{path}?wait=60"))
            await until(lambda: live.waiters.count == 1)
            await anyio.to_thread.run_sync(revoke_all_tokens, still.world)
            assert (await waiting).status_code == 401

    run(scenario)


def revoke_all_tokens(world: World) -> None:
    with world.store.writing() as session:
        session.execute(update(Token).values(revoked_at=world.clock.now()))
        announce(session, ANSWERS)


def test_only_so_many_wait_in_all() -> None:
    async def scenario() -> None:
        waiters = Waiters(per_caller=5, total=3)
        waiters.open()
        async with asyncio.TaskGroup() as tasks:
            for who in ("alice", "bob", "carol"):
                tasks.create_task(wait(waiters, who))
            await until(lambda: waiters.count == 3)
            with pytest.raises(TooManyWaiters):
                await wait(waiters, "dave")
            waiters.close()

    run(scenario)


def test_only_answers_wake() -> None:
    async def scenario() -> None:
        reads: list[Same] = []
        waiters = Waiters(per_caller=5, floor_seconds=60)
        waiters.open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(wait(waiters, "alice", reads))
            await until(lambda: len(reads) == 1)
            thread = threading.Thread(target=lambda: waiters.heard(frozenset({ASSIGNMENTS})))
            thread.start()
            await anyio.to_thread.run_sync(thread.join)
            await anyio.lowlevel.checkpoint()
            assert len(reads) == 1
            waiters.heard(frozenset({ANSWERS}))
            await until(lambda: len(reads) == 2)
            waiters.close()

    run(scenario)


class Same:
    etag = '"same"'


async def wait(waiters: Waiters, who: str, reads: list[Same] | None = None) -> Same:
    async def read() -> Same:
        if reads is not None:
            reads.append(Same())
        return Same()

    async def gone() -> bool:
        return False

    return await waiters.until_changed(who, read, seen=Same.etag, seconds=60, gone=gone)


def test_news_after_the_application_has_gone_reach_nobody() -> None:
    waiters = Waiters(per_caller=1)
    asyncio.run(opened(waiters))
    waiters.heard(frozenset({ANSWERS}))
    assert waiters.count == 0


async def opened(waiters: Waiters) -> None:
    waiters.open()
