"""What a connection can do before there is a request: a real server, real sockets, small limits."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from protem.api import headers
from protem.cli.listening import listening
from protem.connections import Connection, limited

PATIENCE_SECONDS = 30
GET = b"GET / HTTP/1.1\r\nHost: protem\r\n\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Say hello; at ``/wait``, not before the client is gone."""
    while scope["path"] == "/wait" and (await receive())["type"] != "http.disconnect":
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


class Small(Connection):
    head_limit = 1000
    message_limit = 4000


class Hasty(Connection):
    head_seconds = 0.1


@contextmanager
def serving(protocol: type[Connection]) -> Iterator[tuple[str, int]]:
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(
            uvicorn.Config(hello, http=protocol, ws="none", lifespan="off", log_config=None)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(timeout=PATIENCE_SECONDS)


def rest(client: socket.socket) -> bytes:
    """Return everything that comes until the server closes the connection."""
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def said(protocol: type[Connection], *parts: bytes) -> bytes:
    """Return all that a server answers to these parts, until it hangs up."""
    with serving(protocol) as address, socket.create_connection(address, PATIENCE_SECONDS) as client:
        for part in parts:
            client.sendall(part)
        return rest(client)


def problem(answer: bytes) -> tuple[int, str]:
    """Return status and code, of an answer that carries every header."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    sent = dict(line.split(": ", 1) for line in lines)
    assert {name.lower(): value for name, value in headers.EVERYWHERE.items()}.items() <= sent.items()
    return int(first.split()[1]), json.loads(body)["code"]


def test_a_request_is_answered() -> None:
    with serving(Connection) as address, socket.create_connection(address, PATIENCE_SECONDS) as client:
        client.sendall(GET)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        client.sendall(GET)
        assert client.recv(65536).endswith(b"hello")


@pytest.mark.parametrize(
    "endless", [b"GET / HTTP/1.1\r\nX: ", b"GET /", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50]
)
def test_a_head_that_does_not_end_is_cut_off(endless: bytes) -> None:
    assert problem(said(Small, endless + b"x" * 1000)) == (431, "headers-too-large")


def test_trailers_that_do_not_end_are_cut_off() -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: protem\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    assert said(Small, chunked, b"X: " + b"x" * 5000).count(b"HTTP/1.1") <= 1


@pytest.mark.parametrize("begun", [b"GET / HT", b"GET / HTTP/1.1\r\nHost: protem\r\n"])
def test_a_head_that_drips_is_cut_off(begun: bytes) -> None:
    assert problem(said(Hasty, begun)) == (408, "headers-too-slow")


def test_a_connection_on_which_nothing_comes_is_closed() -> None:
    assert said(Hasty) == b""


def test_the_next_request_has_to_be_in_time_too() -> None:
    with serving(Hasty) as address, socket.create_connection(address, PATIENCE_SECONDS) as client:
        client.sendall(GET)
        assert client.recv(65536).endswith(b"hello")
        client.sendall(b"GET /")
        assert problem(rest(client)) == (408, "headers-too-slow")


def test_what_is_no_http_is_a_problem_too() -> None:
    assert problem(said(Connection, b"HELO protem\r\n\r\n")) == (400, "malformed-request")


def test_nobody_keeps_a_connection_by_a_body_that_nobody_reads() -> None:
    unread = b"GET / HTTP/1.1\r\nHost: protem\r\nContent-Length: 100\r\n\r\nx"
    assert said(Connection, unread).endswith(b"hello")


def test_only_so_many_requests_wait_for_the_answer_to_another() -> None:
    answered = said(Connection, GET * 16 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answered.count(b"hello") == 17
    assert said(Connection, GET * 1000).count(b"hello") <= 17


def test_there_are_only_so_many_connections() -> None:
    with (
        serving(limited(maximum=1)) as address,
        socket.create_connection(address, PATIENCE_SECONDS) as first,
    ):
        first.sendall(GET + GET.replace(b"/", b"/wait", 1))
        assert first.recv(65536).endswith(b"hello")
        with socket.create_connection(address, PATIENCE_SECONDS) as second:
            assert problem(rest(second)) == (503, "too-many-connections")


@pytest.mark.parametrize(
    "begun", [b"", b"GET /", b"POST /wait HTTP/1.1\r\nHost: protem\r\nContent-Length: 9\r\n\r\nx"]
)
def test_who_keeps_connections_and_sends_nothing_whole_makes_room(begun: bytes) -> None:
    with (
        serving(limited(maximum=1)) as address,
        socket.create_connection(address, PATIENCE_SECONDS) as first,
    ):
        first.sendall(GET)
        assert first.recv(65536).endswith(b"hello")
        first.sendall(begun)
        with socket.create_connection(address, PATIENCE_SECONDS) as second:
            second.sendall(GET)
            assert second.recv(65536).endswith(b"hello")
        assert b"hello" not in rest(first)
