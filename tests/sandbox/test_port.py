"""The mount on a port: the same sandbox through HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import httpx2
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from mypy_boto3_sso_admin import SSOAdminClient

from protem.sandbox import Fault, Sandbox
from protem.sandbox.server import server
from tests.sandbox.scene import CREATION_SECONDS, ONE_ATTEMPT, Scene, session


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[str]:
    """Yield the address of a server; callers wait in the listening socket until it has started."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = server(sandbox=sandbox)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        running.should_exit = True
        thread.join()


@pytest.fixture
def endpoint(scene: Scene) -> Iterator[str]:
    with serving(scene.sandbox) as address:
        yield address


@pytest.fixture
def outside() -> boto3.Session:
    """A session on which nothing is mounted."""
    return session()


@pytest.fixture
def sso(outside: boto3.Session, endpoint: str) -> SSOAdminClient:
    return outside.client("sso-admin", endpoint_url=endpoint, config=ONE_ATTEMPT)


def test_access_is_given_and_taken_through_the_port(scene: Scene, sso: SSOAdminClient) -> None:
    answer = sso.create_account_assignment(**scene.triple())
    assert answer["AccountAssignmentCreationStatus"]["Status"] == "IN_PROGRESS"
    scene.clock.advance(CREATION_SECONDS)
    assert scene.stands()


def test_both_mounts_are_one_sandbox(scene: Scene, sso: SSOAdminClient) -> None:
    scene.created()
    listed = sso.list_account_assignments(
        InstanceArn=scene.instance,
        AccountId=scene.demo.accounts["shop-prod"],
        PermissionSetArn=scene.demo.permission_sets["AdministratorAccess"],
    )
    assert len(listed["AccountAssignments"]) == 1


def test_the_query_protocol_is_spoken_too(scene: Scene, outside: boto3.Session, endpoint: str) -> None:
    client = outside.client("sts", endpoint_url=endpoint, config=ONE_ATTEMPT)
    assert client.get_caller_identity()["Account"] == scene.demo.accounts["security-tooling"]
    with pytest.raises(ClientError, match="UnknownOperationException"):
        client.get_session_token()
    scene.sandbox.faults.order(Fault.server_error())
    with pytest.raises(ClientError, match="InternalFailure"):
        client.get_caller_identity()


def test_a_lost_reply_breaks_the_connection(scene: Scene, sso: SSOAdminClient) -> None:
    scene.sandbox.faults.order(Fault.lost_reply())
    with pytest.raises(ConnectionClosedError):
        sso.create_account_assignment(**scene.triple())
    scene.clock.advance(CREATION_SECONDS)
    assert scene.stands()
    assert sso.list_instances()["Instances"]


def test_errors_keep_their_status_and_fields(scene: Scene, sso: SSOAdminClient) -> None:
    scene.sandbox.faults.order(Fault.server_error(status=503))
    with pytest.raises(ClientError) as error:
        sso.list_instances()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_the_date_is_the_sandbox_s_own(scene: Scene, sso: SSOAdminClient) -> None:
    headers = sso.list_instances()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["date"] == "Mon, 05 Jan 2026 09:00:00 GMT"


def test_an_unsigned_request_is_turned_away(endpoint: str) -> None:
    answer = httpx2.post(endpoint, headers={"x-amz-target": "SWBExternalService.ListInstances"})
    assert answer.status_code == 403
    assert answer.json()["__type"] == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("SWBExternalService.ListInstances", b"{", "SerializationException"),
        ("SWBExternalService.ListInstances", b'{"MaxResults": "many"}', "SerializationException"),
        ("SWBExternalService.ListInstances", b"[]", "SerializationException"),
        ("SWBExternalService.Levitate", b"{}", "UnknownOperationException"),
        ("Elsewhere.ListInstances", b"{}", "UnknownOperationException"),
    ],
)
def test_what_no_client_would_send_is_refused(endpoint: str, target: str, body: bytes, code: str) -> None:
    signed = "AWS4-HMAC-SHA256 Credential=x/20260105/eu-central-1/sso/aws4_request, Signature=0"
    answer = httpx2.post(endpoint, headers={"x-amz-target": target, "authorization": signed}, content=body)
    assert answer.status_code == 400
    assert answer.json()["__type"] == code
