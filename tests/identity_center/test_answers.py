"""Answers, and ways of getting none, that no well-behaved service gives."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from protem.identity_center.aws import Connection
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.values import (
    AssignmentKey,
    Holder,
    OperationKind,
    OperationStatus,
    PrincipalType,
)
from tests.identity_center.conftest import Connect

INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
OPERATION = "0f7d27ee-4bb7-4b7c-9f3c-1a6f0a4a5b6c"
KEY = AssignmentKey(
    instance_arn=INSTANCE,
    account_id="111122223333",
    permission_set_arn="arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    principal_id="906742fe-3c5a-4d0e-9d6f-7a9b1c2d3e4f",
)
CREATION = "AccountAssignmentCreationStatus"


class Body(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def answer_with(session: boto3.Session, body: bytes | str, *, status: int = 200) -> None:
    """Have everything that the session's clients ask answered with this."""
    raw = body.encode() if isinstance(body, str) else body

    def respond(request: Any, **_: Any) -> Any:
        headers: Any = {"Date": "nonsense"}
        body: Any = Body(raw)
        return AWSResponse(request.url, status, headers, body)

    session.events.register_last("before-send", respond)


def create(connection: Connection) -> GatewayError:
    with pytest.raises(GatewayError) as failure:
        connection.assignments.create(KEY)
    return failure.value


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "<html>welcome to the hotel</html>",
        '{"AccountAssignmentCreationStatus": {"RequestId": "' + OPERATION,
        "{}",
        '{"AccountAssignmentCreationStatus": {}}',
        '{"AccountAssignmentCreationStatus": {"Status": "SUCCEEDED"}}',
        b"\xff\xfe",
    ],
)
def test_an_answer_without_the_operation_leaves_the_outcome_unknown(
    session: boto3.Session, connect_to: Connect, body: bytes | str
) -> None:
    answer_with(session, body)
    assert isinstance(create(connect_to()), OutcomeUnknown)


@pytest.mark.parametrize("body", ["", "<html/>", '{"AccountAssignments": [{"PrincipalType": "US', "[]"])
def test_a_listing_that_is_not_whole_is_not_an_empty_one(
    session: boto3.Session, connect_to: Connect, body: str
) -> None:
    answer_with(session, body)
    with pytest.raises(OutcomeUnknown):
        connect_to().assignments.holders(
            instance_arn=INSTANCE,
            account_id=KEY.account_id,
            permission_set_arn=KEY.permission_set_arn,
        )


@pytest.mark.parametrize("body", ["{}", '{"AccountAssignments": []}'])
def test_a_whole_listing_of_nobody_is_empty(session: boto3.Session, connect_to: Connect, body: str) -> None:
    answer_with(session, body)
    holders = connect_to().assignments.holders(
        instance_arn=INSTANCE,
        account_id=KEY.account_id,
        permission_set_arn=KEY.permission_set_arn,
    )
    assert holders == frozenset()


def test_a_new_kind_of_principal_does_not_hide_those_we_know(
    session: boto3.Session, connect_to: Connect
) -> None:
    ours = {"PrincipalType": "USER", "PrincipalId": KEY.principal_id}
    theirs = {"PrincipalType": "ROBOT", "PrincipalId": KEY.principal_id}
    answer_with(session, json.dumps({"AccountAssignments": [theirs, ours]}))
    holders = connect_to().assignments.holders(
        instance_arn=INSTANCE,
        account_id=KEY.account_id,
        permission_set_arn=KEY.permission_set_arn,
    )
    assert holders == {Holder(PrincipalType.USER, KEY.principal_id)}


@pytest.mark.parametrize("status", ["", "QUEUED", "succeeded", None])
def test_a_status_that_we_do_not_know_is_no_end(
    session: boto3.Session, connect_to: Connect, status: str | None
) -> None:
    answer_with(session, json.dumps({CREATION: {"RequestId": OPERATION, "Status": status}}))
    operation = connect_to().assignments.describe(
        OperationKind.CREATE, instance_arn=INSTANCE, operation_id=OPERATION
    )
    assert operation.status is OperationStatus.IN_PROGRESS
    assert operation.created_at is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '{"__type": "com.amazonaws.swbexternal#ConflictException", "Message": "busy"}'),
        (429, '{"__type": "ThrottlingException"}'),
        (403, '{"__type": "AccessDeniedException", "message": "no"}'),
    ],
)
def test_a_refusal_that_aws_signed_means_that_nothing_happened(
    session: boto3.Session, connect_to: Connect, status: int, body: str
) -> None:
    answer_with(session, body, status=status)
    assert isinstance(create(connect_to()), CallRejected)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (301, "{}"),
        (403, "<html>the proxy does not know you</html>"),
        (407, ""),
        (408, '{"__type": "RequestTimeoutException"}'),
        (400, "{}"),
        (500, '{"__type": "ConflictException"}'),
        (502, "<html>bad gateway</html>"),
        (503, '{"__type": "ServiceUnavailable"}'),
    ],
)
def test_any_other_refusal_leaves_the_outcome_unknown(
    session: boto3.Session, connect_to: Connect, status: int, body: str
) -> None:
    answer_with(session, body, status=status)
    assert isinstance(create(connect_to()), OutcomeUnknown)


@pytest.mark.parametrize(
    "error", [ConnectionClosedError(endpoint_url="x"), TimeoutError(), KeyError("x"), RuntimeError("x")]
)
def test_whatever_is_raised_below_comes_out_as_unknown(
    session: boto3.Session, connect_to: Connect, error: Exception
) -> None:
    def fail(**_: Any) -> None:
        raise error

    session.events.register_last("before-send", fail)
    assert isinstance(create(connect_to()), OutcomeUnknown)


def test_our_hooks_come_before_those_of_the_session(session: boto3.Session, connect_to: Connect) -> None:
    reached: list[str] = []

    def deposed() -> None:
        raise RuntimeError

    for event in ("before-send", "before-send.sso-admin", "before-send.sso-admin.CreateAccountAssignment"):
        session.events.register_first(event, lambda event_name, **_: reached.append(event_name))
    assert isinstance(create(connect_to(guard=deposed)), CallWithheld)
    assert reached == []


def test_without_credentials_nothing_leaves(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    nobody = boto3.Session(region_name="eu-central-1")
    failure = create(connect_to(session=nobody))
    assert isinstance(failure, CallWithheld)
    assert failure.code == "no_credentials"


def test_a_connection_that_never_came_about_carried_nothing(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch, observed: list[tuple[str, str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    failure = create(connect_to())
    assert isinstance(failure, CallWithheld)
    assert failure.code == "unreachable"
    assert observed == [("CreateAccountAssignment", "unreachable")]


@contextmanager
def a_server(converse: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection in a way of the test's own, and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                converse(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=30)


def test_a_connection_that_breaks_after_the_call_leaves_the_outcome_unknown(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_server(lambda connection: None) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert isinstance(create(connect_to()), OutcomeUnknown)


def test_an_answer_that_is_cut_off_leaves_the_outcome_unknown(
    connect_to: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/x-amz-json-1.1\r\n\r\n"
    with a_server(lambda connection: connection.sendall(head + b'{"Account')) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        assert isinstance(create(connect_to()), OutcomeUnknown)


@pytest.mark.parametrize("body", ["", "<html/>", '{"AccountAssignments": [{"PrincipalType": "US', "[]"])
def test_a_listing_of_a_principal_that_is_not_whole_says_nothing(
    session: boto3.Session, connect_to: Connect, body: str
) -> None:
    answer_with(session, body)
    with pytest.raises(OutcomeUnknown):
        connect_to().assignments.held_by(KEY.holder, instance_arn=INSTANCE)


@pytest.mark.parametrize("kind", OperationKind)
@pytest.mark.parametrize("body", ["", "{}", '{"AccountAssignmentsCreationStatus": [', "[]"])
def test_operations_are_not_taken_to_have_left_a_listing_that_is_not_whole(
    session: boto3.Session, connect_to: Connect, body: str, kind: OperationKind
) -> None:
    answer_with(session, body)
    with pytest.raises(OutcomeUnknown):
        connect_to().assignments.running(kind, instance_arn=INSTANCE)
