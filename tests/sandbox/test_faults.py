"""What goes wrong on order, on top of what goes wrong by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from protem.sandbox import Fault
from tests.clocks import START
from tests.sandbox.scene import CREATION_SECONDS, DELETION_SECONDS, Scene, stage

CREATE = "CreateAccountAssignment"
DELETE = "DeleteAccountAssignment"


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (Fault.throttle(), "ThrottlingException", 400),
        (Fault.conflict(), "ConflictException", 400),
        (Fault.server_error(), "InternalServerException", 500),
        (Fault.server_error(status=503), "InternalServerException", 503),
        (Fault.refuse("AccessDeniedException", "no"), "AccessDeniedException", 400),
    ],
)
def test_a_refusal_on_order_has_no_effect(scene: Scene, fault: Fault, code: str, status: int) -> None:
    scene.sandbox.faults.order(fault, operation=CREATE)
    with pytest.raises(ClientError) as refused:
        scene.create()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert scene.sandbox.operations.all() == []


def test_a_server_error_can_hide_an_effect(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.server_error(takes_effect=True), operation=CREATE)
    with pytest.raises(ClientError, match="InternalServerException"):
        scene.create()
    scene.clock.advance(CREATION_SECONDS)
    assert scene.stands()


def test_a_lost_reply_hides_an_effect(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.lost_reply(), operation=CREATE)
    with pytest.raises(ConnectionClosedError):
        scene.create()
    scene.clock.advance(CREATION_SECONDS)
    assert scene.stands()


def test_a_lost_request_has_no_effect(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.lost_request(), operation=CREATE)
    with pytest.raises(ConnectionClosedError):
        scene.create()
    scene.clock.advance(CREATION_SECONDS)
    assert not scene.stands()


def test_a_late_effect_arrives_when_nobody_expects_it_any_more(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.late_effect(seconds=60), operation=CREATE)
    with pytest.raises(ConnectionClosedError):
        scene.create()
    scene.clock.advance(59)
    assert scene.sandbox.operations.all() == []
    scene.clock.advance(3600)
    assert scene.stands()
    assert scene.sandbox.operations.all()[0].completes_at.minute == 1


def test_a_late_effect_is_refused_like_any_other_call(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.late_effect(seconds=2), operation=CREATE)
    with pytest.raises(ConnectionClosedError):
        scene.create()
    scene.create(user="bob")
    scene.clock.advance(60)
    assert not scene.stands()
    assert [call.outcome for call in scene.sandbox.calls.of(CREATE)] == ["lost", "ok", "ConflictException"]


def test_latency_delays_the_reply_on_the_clock(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.latency(seconds=3))
    scene.create()
    assert (scene.clock.now() - START).total_seconds() == 3


def test_every_call_has_the_latency_of_the_settings() -> None:
    scene = stage(latency_seconds=0.2)
    scene.sso.list_instances()
    scene.sso.list_instances()
    assert (scene.clock.now() - START).total_seconds() == pytest.approx(0.4)


def test_a_fault_hits_as_often_as_it_was_ordered(scene: Scene) -> None:
    order = scene.sandbox.faults.order(Fault.throttle(), times=2)
    for _ in range(2):
        with pytest.raises(ClientError):
            scene.sso.list_instances()
    scene.sso.list_instances()
    assert order.hits == 2
    assert scene.sandbox.faults.pending() == []


def test_a_fault_without_end_hits_until_it_is_cancelled(scene: Scene) -> None:
    order = scene.sandbox.faults.order(Fault.throttle(), times=None)
    for _ in range(5):
        with pytest.raises(ClientError):
            scene.sso.list_instances()
    order.cancel()
    scene.sso.list_instances()


def test_all_orders_can_be_dropped(scene: Scene) -> None:
    scene.sandbox.faults.order(Fault.throttle(), times=None)
    scene.sandbox.faults.clear()
    scene.sso.list_instances()


@pytest.mark.parametrize(
    "order",
    [
        lambda scene: scene.sandbox.faults.order(Fault.throttle(), operation=DELETE),
        lambda scene: scene.sandbox.faults.order(Fault.throttle(), account=scene.demo.accounts["data-prod"]),
        lambda scene: scene.sandbox.faults.order(
            Fault.throttle(), when=lambda asked: asked["PrincipalId"] == scene.demo.users["bob"]
        ),
    ],
    ids=["operation", "account", "condition"],
)
def test_a_fault_leaves_alone_what_it_is_not_meant_for(scene: Scene, order: Callable[[Scene], None]) -> None:
    order(scene)
    scene.create()


def test_every_attempt_of_a_client_meets_the_faults(scene: Scene) -> None:
    at_once: Any = lambda attempts, **_: 0 if attempts < 3 else None  # noqa: E731
    scene.session.events.register("needs-retry", at_once)
    scene.sandbox.faults.order(Fault.lost_reply(), times=2)
    answer = scene.sso.list_instances()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.outcome for call in scene.sandbox.calls.all()] == ["lost", "lost", "ok"]


def test_a_fault_on_a_delete_can_hide_that_it_worked(scene: Scene) -> None:
    scene.created()
    scene.sandbox.faults.order(Fault.lost_reply(), operation=DELETE)
    with pytest.raises(ConnectionClosedError):
        scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    assert not scene.stands()
