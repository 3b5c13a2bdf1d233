"""A credential that ends while its call is under way has no effect from then on, and gets no answer."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio.to_thread
import pytest
from sqlalchemy import event, text

from protem.broker import tokens
from protem.broker.callers import CONSOLE
from protem.db.models import Principal, Token
from protem.db.store import ANSWERS, announce
from tests.api.applications import Client, asking
from tests.api.live import living, run, until
from tests.attacks.ground import Ground
from tests.broker.worlds import person_id


def announce_answers(ground: Ground) -> None:
    with ground.world.store.writing() as session:
        announce(session, ANSWERS)


def revoke(ground: Ground, name: str) -> None:
    """Do what an admin does at that moment."""
    with ground.world.store.writing() as session:
        token = session.query(Token).filter_by(name=name, revoked_at=None).one()
        tokens.revoke(session, CONSOLE, token.id, now=ground.world.clock.now())


def expire(ground: Ground, name: str) -> None:
    with ground.world.store.writing() as session:
        session.query(Token).filter_by(name=name).one().expires_at = ground.world.clock.now()


def remove(ground: Ground, name: str) -> None:
    ground.world.remove(Principal, person_id("alice"))


ENDS: dict[str, Callable[[Ground, str], None]] = {"revoked": revoke, "expired": expire, "removed": remove}


@pytest.mark.parametrize("how", ENDS)
def test_who_waits_for_an_answer_does_not_get_it_once_the_credential_is_over(
    quiet_ground: Ground, how: str
) -> None:
    ground = quiet_ground
    request = ground.world.submit(ground.world.person("alice"))
    alice = ground.cast.client("beneficiary")

    async def scenario() -> None:
        async with living(ground.api) as live, asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(live.get(alice, f"/v1/requests/{request.id}?wait=60"))
            await until(lambda: live.waiters.count == 1)
            await anyio.to_thread.run_sync(ENDS[how], ground, "beneficiary")
            await anyio.to_thread.run_sync(announce_answers, ground)
            answer = await waiting
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

    run(scenario)


@pytest.fixture
def quiet_ground(database_url: str) -> Iterator[Ground]:
    """The ground before its application runs."""
    ground = Ground(database_url)
    yield ground
    ground.world.store.close()


@pytest.fixture
def shared(postgresql_url: str) -> Iterator[Ground]:
    """The ground where several write at once; on SQLite, nobody revokes while somebody else writes."""
    ground = Ground(postgresql_url)
    with ground.api.http:
        ground.seed()
        yield ground
    ground.world.store.close()


@contextmanager
def at(ground: Ground, statement: str, act: Callable[[], None]) -> Iterator[None]:
    """Have somebody else act, once, just before the database is given such a statement."""
    pending = [act]

    def watch(*call: Any) -> None:
        if pending and call[2].startswith(statement):
            other = threading.Thread(target=pending.pop())
            other.start()
            other.join(timeout=30)

    event.listen(ground.world.store.engine, "before_cursor_execute", watch)
    yield
    event.remove(ground.world.store.engine, "before_cursor_execute", watch)
    assert not pending


def test_a_decision_under_way_counts_no_longer_when_its_token_is_revoked(shared: Ground) -> None:
    asked = shared.cast.client("beneficiary").post("/v1/requests", asking(entitlement="admin")).json()
    approver = shared.cast.client("approver")
    body = {"decision": "approve", "digest": asked["digest"]}
    with at(shared, "INSERT INTO decisions", lambda: revoke(shared, "approver")):
        answer = approver.post(f"/v1/requests/{asked['id']}/decisions", body)
    assert answer.status_code == 401
    again = shared.cast.client("beneficiary").get(f"/v1/requests/{asked['id']}").json()
    assert (again["state"], again["decisions"]) == ("pending", [])


def test_a_second_sending_that_waits_gets_no_answer_when_its_token_is_revoked(shared: Ground) -> None:
    alice, key = shared.cast.client("beneficiary"), {"Idempotency-Key": "7c1b"}
    got: list[int] = []

    def second() -> None:
        """Begin while the first is under way, and wait for it; then the token is revoked."""
        waiting = threading.Thread(target=lambda: got.append(send(alice, key)))
        waiting.start()
        _until_somebody_waits(shared)
        revoke(shared, "beneficiary")
        started.append(waiting)

    started: list[threading.Thread] = []
    with at(shared, "INSERT INTO targets", second):
        first = send(alice, key)
    started[0].join(timeout=30)
    assert (first, got) == (401, [401])


def send(client: Client, headers: dict[str, str]) -> int:
    return client.post("/v1/requests", asking(entitlement="admin"), headers=headers).status_code


def _until_somebody_waits(ground: Ground) -> None:
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    while True:
        with ground.world.store.reading() as session:
            if session.execute(waits).scalar_one():
                return
