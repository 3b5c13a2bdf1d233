"""The mount inside a process."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from tests.clocks import START
from tests.sandbox.scene import CREATION_SECONDS, Scene, stage


@pytest.mark.parametrize("event", ["before-send", "before-send.sso-admin", "before-send.*.*"])
def test_other_hooks_of_the_session_come_first(scene: Scene, event: str) -> None:
    calls_seen = []
    count: Any = lambda **_: calls_seen.append(scene.sandbox.calls.count())  # noqa: E731
    scene.session.events.register(event, count)
    scene.sso.list_instances()
    assert calls_seen == [0]


def test_a_hook_that_raises_keeps_the_call_from_the_sandbox(scene: Scene) -> None:
    class LeaseLost(Exception):
        pass

    def refuse(**_: Any) -> None:
        raise LeaseLost

    scene.session.events.register("before-send.sso-admin", refuse)
    with pytest.raises(LeaseLost):
        scene.create()
    assert scene.sandbox.calls.all() == []


def test_a_core_session_can_be_mounted_too(scene: Scene) -> None:
    core = botocore.session.Session()
    core.set_credentials("sandbox", "sandbox")
    scene.sandbox.mount(core)
    client: Any = core.create_client("sso-admin", region_name="eu-central-1")
    assert client.list_instances()["Instances"]


def test_answers_carry_a_request_id_and_the_date_of_the_clock() -> None:
    scene = stage(date_skew_seconds=5)
    metadata = scene.sso.list_instances()["ResponseMetadata"]
    assert metadata["RequestId"]
    dated = parsedate_to_datetime(metadata["HTTPHeaders"]["date"])
    assert dated == START + timedelta(seconds=5)


def test_what_is_not_imitated_is_refused_and_not_sent_anywhere(scene: Scene) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        scene.sso.create_permission_set(InstanceArn=scene.instance, Name="New")
    with pytest.raises(ClientError):
        scene.session.client("sts").get_session_token()
    with pytest.raises(ClientError):
        scene.session.client("s3").list_buckets()
    assert {call.outcome for call in scene.sandbox.calls.all()} == {"UnknownOperationException"}


def test_calls_are_remembered_with_their_parameters_and_outcomes(scene: Scene) -> None:
    scene.create()
    scene.clock.advance(1)
    with pytest.raises(ClientError):
        scene.delete()
    first, second = scene.sandbox.calls.all()
    assert (first.operation, first.outcome, first.time) == ("CreateAccountAssignment", "ok", START)
    assert first.parameters == scene.triple()
    assert (second.operation, second.outcome) == ("DeleteAccountAssignment", "ConflictException")
    assert second.time == START + timedelta(seconds=1)


def test_many_threads_may_call_at_once() -> None:
    scene = stage(calls_per_second=None, outstanding_creates=None, writes_per_account=None)
    client, users = scene.sso, list(scene.demo.users)
    with ThreadPoolExecutor(8) as pool:
        asked = [scene.triple(user=user, account=a) for user in users for a in ("shop-prod", "data-dev")]
        list(pool.map(lambda triple: client.create_account_assignment(**triple), asked))
    scene.clock.advance(CREATION_SECONDS)
    assert all(scene.stands(user=user, account=a) for user in users for a in ("shop-prod", "data-dev"))
