"""What a scrape tells about the store, and about endings: of a world in which something is wrong."""

from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from protem.db.models import Account
from protem.db.store import Store
from protem.observing import register
from protem.reconciler.heartbeat import Heart
from protem.reconciler.job_log import JobLog
from protem.reconciler.metrics import Metrics
from protem.sandbox.faults import Fault
from tests.reconciler.world import ACCOUNT, World

DELETE = "DeleteAccountAssignment"


@pytest.fixture
def metrics(world: World) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    register(registry, world.store, events_file=None)
    world.store.on_report(Metrics(registry).noted)
    return registry


def value(metrics: CollectorRegistry, name: str, **labels: str) -> float | None:
    return metrics.get_sample_value(f"protem_{name}", labels)


def test_an_ending_that_fails_shows_in_all_that_is_measured(world: World, metrics: CollectorRegistry) -> None:
    world.grant(minutes=1)
    world.run(30)
    assert value(metrics, "grants", state="active") == 1
    assert value(metrics, "overdue_endings") == 0
    fault = Fault.failed("Received a 403 status error: Access denied")
    world.sandbox.faults.order(fault, operation=DELETE, times=None)
    world.run(330, longest=10)
    assert value(metrics, "overdue_endings") == 1
    assert value(metrics, "oldest_overdue_seconds") == pytest.approx(300, abs=1)
    assert value(metrics, "stuck_assignments", cause="missing_iam_rights") == 1
    assert value(metrics, "stuck_assignments", cause="user_gone") == 0
    assert value(metrics, "blocked_assignments", cause="missing_iam_rights") == 0
    assert value(metrics, "paused_accounts") == 1
    assert (value(metrics, "oldest_stuck_seconds") or 0) > 200
    assert value(metrics, "lease_held") == 1


def test_a_blocked_ending_counts_apart_and_pauses_nothing(world: World, metrics: CollectorRegistry) -> None:
    world.grant(minutes=1)
    world.run(30)
    fault = Fault.failed("Obtaining permissions to manage your AWS account takes longer than usual")
    world.sandbox.faults.order(fault, operation=DELETE, times=None)
    world.run(400, longest=10)
    assert value(metrics, "blocked_assignments", cause="account_suspended") == 1
    assert value(metrics, "stuck_assignments", cause="account_suspended") == 0
    assert value(metrics, "paused_accounts") == 0


def test_how_late_endings_leave_and_are_confirmed_is_measured(
    world: World, metrics: CollectorRegistry
) -> None:
    world.grant(minutes=1)
    world.run(120, longest=1)
    assert value(metrics, "ending_lag_seconds_count") == 1
    assert (value(metrics, "ending_lag_seconds_sum") or 0) < 1.5
    assert value(metrics, "ending_confirmed_seconds_count") == 1
    assert 12 <= (value(metrics, "ending_confirmed_seconds_sum") or 0) < 30


def test_what_is_over_is_counted_when_the_leader_has_counted_it(
    world: World, metrics: CollectorRegistry
) -> None:
    world.grant(minutes=1)
    world.run(120)
    assert value(metrics, "grants", state="ended") is None
    assert value(metrics, "grants", state="active") == 0
    heart = Heart(world.runner, JobLog(world.clock, {"expiry": timedelta(seconds=2)}))
    heart.count()
    heart.beat()
    assert value(metrics, "grants", state="ended") == 1
    assert value(metrics, "heartbeat_age_seconds") == 0
    assert value(metrics, "job_age_seconds", job="expiry") == float("inf")


def test_work_is_counted_by_what_it_is_for(world: World, metrics: CollectorRegistry) -> None:
    world.grant(minutes=1, starts_in=-0.1)
    world.grant(minutes=10, starts_in=-0.1, account="111122224444")
    assert value(metrics, "due_assignments", kind="beginning") == 2
    world.clock.advance(120)
    assert value(metrics, "due_assignments", kind="ending") == 1
    assert value(metrics, "due_assignments", kind="beginning") == 1


def test_without_its_database_a_process_still_tells_that(world: World) -> None:
    registry = CollectorRegistry(auto_describe=False)
    nobody_listens_there = "postgresql://protem@127.0.0.1:1/protem"
    lost = Store(nobody_listens_there, clock=world.clock, agreed_time=False)
    register(registry, lost, events_file=None)
    metrics: Any = Metrics(registry)
    metrics.failed("expiry")
    assert value(registry, "database_reachable") == 0
    assert value(registry, "job_failures_total", job="expiry") == 1
    lost.close()


def test_an_account_that_left_is_still_told_by_its_endings(world: World, metrics: CollectorRegistry) -> None:
    world.grant(minutes=1)
    world.run(30)
    world.sandbox.organization.remove(ACCOUNT)
    world.run(300, longest=30)
    with world.store.reading() as session:
        assert session.get(Account, ACCOUNT) is None
    assert value(metrics, "blocked_assignments", cause="account_gone") == 1


def test_whatever_answers_in_place_of_aws_does_not_fill_the_memory() -> None:
    registry = CollectorRegistry(auto_describe=False)
    metrics = Metrics(registry)
    for number in range(300):
        metrics.called("ListInstances", f"Code{'x' * (number % 20)}{'y' * (number // 20)}", 0.1)
    metrics.called("ListInstances", "<html>\n", 0.1)
    metrics.called("ListInstances", "ThrottlingException", 0.1)
    (calls,) = (family for family in registry.collect() if family.name == "protem_aws_calls")
    assert len([sample for sample in calls.samples if sample.name.endswith("_total")]) <= 101
    assert value(registry, "aws_throttled_total", operation="ListInstances") == 1
