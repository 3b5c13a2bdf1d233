"""Asking over the network: whatever the other end does, there is an end to it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from protem.identity_provider.network import LARGEST_ANSWER, Http, UnreachableError

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[str]:
    """Yield the address of a server that does as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            behave(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/keys"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def test_an_object_is_read() -> None:
    with serving(answering(b'{"keys": []}', 404)) as address:
        answer = Http().get(address)
    assert (answer.status, answer.body) == (404, {"keys": []})


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (answering(b"{}", 302, Location="http://127.0.0.1:1/"), "redirect"),
        (answering(b'"' + b"x" * LARGEST_ANSWER + b'"'), "larger than"),
        (answering(b"[]"), "not a JSON object"),
        (answering(b"[" * 100_000), "not a JSON object"),
        (answering(b"\xff"), "not a JSON object"),
        (answering(b"\x1f\x8b", Content_Encoding="gzip"), "not a JSON object"),
    ],
)
def test_an_answer_that_cannot_be_used_is_none(behaviour: Behaviour, said: str) -> None:
    with serving(behaviour) as address, pytest.raises(UnreachableError, match=said):
        Http().get(address)


def test_an_answer_that_never_ends_is_cut_off() -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        answering(b"")(handler)
        while not over.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    with serving(drip) as address:
        try:
            with pytest.raises(UnreachableError, match="in time"):
                Http(seconds=0.2).get(address)
        finally:
            over.set()


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(UnreachableError, match="no answer"):
        Http(seconds=1).get("http://127.0.0.1:1/keys")
