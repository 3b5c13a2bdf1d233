"""Asynchronous operations: how long they run, how they are found again, and how they are forgotten."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from protem.sandbox import Fault
from tests.clocks import START
from tests.sandbox.scene import CREATION_SECONDS, DELETION_SECONDS, Scene, stage

ABSENT = "00000000-0000-4000-8000-000000000000"


def test_a_status_tells_what_was_asked_and_when(scene: Scene) -> None:
    creation = scene.creation(scene.create())
    asked = {key: value for key, value in scene.triple().items() if key != "InstanceArn"}
    assert asked.items() <= creation.items()
    assert creation["CreatedDate"] == START
    assert "FailureReason" not in creation


def test_effects_come_in_the_order_of_time_however_late_one_looks(scene: Scene) -> None:
    scene.created()
    scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    scene.create()
    scene.clock.advance(3600)

    assert scene.stands()
    first, second, third = scene.sandbox.operations.finished()
    assert first.finished_at == START + timedelta(seconds=CREATION_SECONDS)
    assert second.finished_at == START + timedelta(seconds=CREATION_SECONDS + DELETION_SECONDS)
    assert third.finished_at == second.finished_at + timedelta(seconds=CREATION_SECONDS)


def test_durations_can_be_drawn_between_two(scene: Scene) -> None:
    scene = stage(creation_seconds=(1.0, 60.0), writes_per_account=None)
    for user in scene.demo.users:
        scene.create(user=user)
    taken = {operation.completes_at - operation.created_at for operation in scene.sandbox.operations.all()}
    assert len(taken) == len(scene.demo.users)
    assert timedelta(seconds=1) <= min(taken) <= max(taken) <= timedelta(seconds=60)


def test_running_operations_are_listed_by_status_alone(scene: Scene) -> None:
    scene.created()
    running = scene.create(account="data-prod")
    listed = scene.sso.list_account_assignment_creation_status(
        InstanceArn=scene.instance, Filter={"Status": "IN_PROGRESS"}
    )["AccountAssignmentsCreationStatus"]
    assert [item["RequestId"] for item in listed] == [running]
    assert set(listed[0]) == {"Status", "RequestId", "CreatedDate"}


def test_without_a_filter_every_operation_of_the_kind_is_listed(scene: Scene) -> None:
    scene.created()
    deletion = scene.delete()
    listed = scene.sso.list_account_assignment_deletion_status(InstanceArn=scene.instance)
    assert [item["RequestId"] for item in listed["AccountAssignmentsDeletionStatus"]] == [deletion]


@pytest.mark.parametrize("operation_id", [ABSENT, None])
def test_an_unknown_operation_is_not_found(scene: Scene, operation_id: str | None) -> None:
    a_creation = scene.create()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.deletion(operation_id or a_creation)


def test_finished_operations_can_be_forgotten() -> None:
    scene = stage(operations_kept_seconds=60)
    operation_id = scene.create()
    scene.clock.advance(CREATION_SECONDS + 59)
    assert scene.creation(operation_id)["Status"] == "SUCCEEDED"
    scene.clock.advance(1)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scene.creation(operation_id)


def test_a_stuck_operation_stays_in_progress_until_it_is_released(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.stuck())
    operation_id = scene.create()
    scene.clock.advance(86_400)
    assert scene.creation(operation_id)["Status"] == "IN_PROGRESS"
    with pytest.raises(ClientError, match="ConflictException"):
        scene.create(user="bob")

    scene.sandbox.operations.release(operation_id)
    assert scene.creation(operation_id)["Status"] == "SUCCEEDED"
    assert scene.stands()


def test_an_operation_ordered_to_fail_leaves_no_effect(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.failed("Received a 403 status error: no"))
    operation_id = scene.create()
    scene.clock.advance(CREATION_SECONDS)
    assert scene.creation(operation_id)["FailureReason"] == "Received a 403 status error: no"
    assert not scene.stands()


@pytest.mark.parametrize("seconds", [1, 100])
def test_an_operation_takes_as_long_as_is_ordered(scene: Scene, seconds: int) -> None:
    scene.sandbox.faults.order(Fault.takes(seconds))
    scene.create()
    scene.clock.advance(seconds - 0.5)
    assert not scene.stands()
    scene.clock.advance(0.5)
    assert scene.stands()
