"""AWS's limits are the physics of the reconciler, so they must hold here."""

import pytest
from botocore.exceptions import ClientError

from protem.sandbox import Fault
from tests.sandbox.scene import DELETION_SECONDS, Scene, stage


def test_the_twenty_first_call_within_a_second_is_throttled(scene: Scene) -> None:
    for _ in range(20):
        scene.sso.list_instances()
        scene.clock.advance(0.04)
    with pytest.raises(ClientError) as refused:
        scene.sso.list_instances()
    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    scene.clock.advance(0.2)
    scene.sso.list_instances()


def test_all_operations_of_sso_admin_share_one_quota(scene: Scene) -> None:
    for _ in range(10):
        scene.sso.list_instances()
        scene.sso.list_permission_sets(InstanceArn=scene.instance)
    with pytest.raises(ClientError, match="ThrottlingException"):
        scene.create()


def test_refused_calls_cost_nothing(scene: Scene) -> None:
    for _ in range(20):
        scene.sso.list_instances()
    for _ in range(100):
        with pytest.raises(ClientError):
            scene.sso.list_instances()
    scene.clock.advance(1)
    scene.sso.list_instances()


def test_identity_store_counts_each_operation_for_itself(scene: Scene) -> None:
    for _ in range(20):
        scene.identity_store.list_users(IdentityStoreId=scene.store)
    scene.identity_store.list_groups(IdentityStoreId=scene.store)
    with pytest.raises(ClientError, match="ThrottlingException"):
        scene.identity_store.list_users(IdentityStoreId=scene.store)


def test_organizations_throttles_under_another_name(scene: Scene) -> None:
    scene.organizations.list_roots()
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        scene.organizations.list_roots()


def test_the_sixteenth_outstanding_create_is_refused() -> None:
    scene = stage(writes_per_account=None)
    scene.sandbox.faults.order(Fault.stuck(), times=None)
    for number in range(15):
        scene.create(user=list(scene.demo.users)[number % 10], account="playground")
    with pytest.raises(ClientError, match="ServiceQuotaExceededException"):
        scene.create()
    scene.sandbox.operations.release()
    scene.create()


def test_the_sixteenth_outstanding_delete_is_throttled() -> None:
    scene = stage(writes_per_account=None)
    for _ in range(15):
        scene.delete()
    with pytest.raises(ClientError, match="ThrottlingException"):
        scene.delete()
    scene.clock.advance(DELETION_SECONDS)
    scene.delete()


def test_limits_can_be_switched_off() -> None:
    scene = stage(
        calls_per_second=None,
        identity_store_calls_per_second=None,
        organizations_calls_per_second={},
        outstanding_creates=None,
        writes_per_account=None,
    )
    for _ in range(30):
        scene.create()
        scene.organizations.list_roots()
        scene.identity_store.list_users(IdentityStoreId=scene.store)
