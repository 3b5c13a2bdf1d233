"""The leader says how it does; the beat of one that was deposed says nothing."""

from datetime import timedelta
from typing import Any

from protem.db.models import Grant, Heartbeat
from protem.reconciler.heartbeat import Heart
from protem.reconciler.job_log import JobLog
from tests.reconciler.world import World

INTERVALS = {"catalogue": timedelta(minutes=5), "expiry": timedelta(seconds=2)}


def heart(world: World) -> tuple[Heart, JobLog]:
    jobs = JobLog(world.clock, INTERVALS)
    return Heart(world.runner, jobs), jobs


def row(world: World) -> Heartbeat:
    with world.store.reading() as session:
        return session.get_one(Heartbeat, "reconciler")


def job(world: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = row(world).facts["jobs"][name]
    return found


def test_the_leader_says_who_it_is_and_when_it_last_looked(world: World) -> None:
    world.tick()
    beating, _ = heart(world)
    beating.beat()
    elected_at = row(world).elected_at
    world.clock.advance(4)
    world.tick()
    beating.beat()
    written = row(world)
    assert (written.holder, written.fence) == (world.lease.holder, world.lease.fence)
    assert (written.elected_at, written.beat_at, written.ticked_at) == (
        elected_at,
        world.clock.now(),
        world.clock.now(),
    )
    assert written.facts["budget"]["rate"] == 18.0
    assert written.facts["paused"] == []


def test_a_deposed_leader_does_not_speak_for_the_new_one(world: World) -> None:
    world.tick()
    deposed, _ = heart(world)
    world.runner = world.start()
    world.tick()
    new, _ = heart(world)
    new.beat()
    deposed.beat()
    assert row(world).holder == world.lease.holder


def test_jobs_are_told_with_their_last_success_and_failure(world: World) -> None:
    world.tick()
    beating, jobs = heart(world)
    jobs.finished("catalogue", None, None)
    succeeded_at = world.clock.now().isoformat()
    world.clock.advance(60)
    jobs.finished("catalogue", None, RuntimeError("AWS said no\n[SQL: secret]"))
    jobs.finished("expiry", False, None)  # noqa: FBT003 - what a run came to
    beating.beat()
    told = job(world, "catalogue")
    assert (told["succeeded_at"], told["failures"]) == (succeeded_at, 1)
    assert (told["error"], told["interval_seconds"]) == ("RuntimeError: AWS said no", 300.0)
    assert job(world, "expiry")["succeeded_at"] is None
    jobs.finished("catalogue", None, None)
    beating.beat()
    assert (job(world, "catalogue")["error"], job(world, "catalogue")["failures"]) == (None, 1)


def test_a_new_leader_remembers_when_jobs_last_succeeded(world: World) -> None:
    world.tick()
    beating, jobs = heart(world)
    jobs.finished("catalogue", None, None)
    beating.beat()
    before = job(world, "catalogue")["succeeded_at"]
    world.runner = world.start()
    world.clock.advance(30)
    world.tick()
    heart(world)[0].beat()
    assert job(world, "catalogue")["succeeded_at"] == before


def test_history_is_counted_by_the_leader_for_all(world: World) -> None:
    grant_id = world.grant(minutes=1)
    world.run(90, longest=30)
    with world.store.reading() as session:
        assert session.get_one(Grant, grant_id).ended_at
    beating, _ = heart(world)
    beating.count()
    beating.beat()
    assert row(world).facts["past"] == {"ended": 1, "failed": 0}


def test_a_clock_that_is_off_is_told(world: World) -> None:
    world.tick()
    world.runner.progress.clock_offset = timedelta(seconds=-3)
    heart(world)[0].beat()
    assert (row(world).facts["paused"], row(world).facts["clock_offset_seconds"]) == (["clock"], -3.0)
