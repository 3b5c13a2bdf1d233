"""What the client does when there is no answer, a strange one, or none of ours."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from protem.cli.output import clean
from tests.cli.conftest import Invoke

TOKEN = {"PROTEM_TOKEN": "protem_0123456789"}


class Strange(BaseHTTPRequestHandler):
    """A server that is not Protem; it breaks the first connection off, and keeps what it was sent."""

    keys: ClassVar[list[str | None]]

    def do_GET(self) -> None:
        self._answer(502, b"<html>Bad Gateway</html>")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.keys.append(self.headers["Idempotency-Key"])
        if len(self.keys) > 1:
            self._answer(201, json.dumps({"id": "made"}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is theirs
        pass


@pytest.fixture
def strange() -> Iterator[tuple[str, list[str | None]]]:
    class Handler(Strange):
        keys: ClassVar[list[str | None]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", Handler.keys
        server.shutdown()
        thread.join()


def test_where_nothing_listens_is_told_apart_by_its_exit_code(invoke: Invoke) -> None:
    result = invoke("whoami", env=TOKEN | {"PROTEM_URL": "http://127.0.0.1:1"})
    assert result.exit_code == 3
    assert result.stderr.startswith("unreachable: http://127.0.0.1:1 cannot be reached")


def test_an_answer_of_something_else_is_not_taken_for_ours(
    invoke: Invoke, strange: tuple[str, list[str | None]]
) -> None:
    result = invoke("whoami", env=TOKEN | {"PROTEM_URL": strange[0]})
    assert result.exit_code == 3
    assert "answered 502, and not as Protem does" in result.stderr


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    invoke: Invoke, strange: tuple[str, list[str | None]]
) -> None:
    url, keys = strange
    arguments = ["request", "--target", "a/b", "--justification", "because", "--quiet"]
    assert invoke(*arguments, env=TOKEN | {"PROTEM_URL": url}).stdout == "made\n"
    assert len(keys) == 2
    assert keys[0] is not None
    assert keys[0] == keys[1]


def test_without_a_token_it_says_where_tokens_come_from(invoke: Invoke) -> None:
    result = invoke("whoami")
    assert result.exit_code == 2
    assert "PROTEM_TOKEN is not set" in result.stderr


@pytest.mark.parametrize("url", ["ftp://protem", "protem", "http://", "//"])
def test_an_address_that_is_none_is_refused(invoke: Invoke, url: str) -> None:
    result = invoke("whoami", env=TOKEN | {"PROTEM_URL": url})
    assert result.exit_code == 2
    assert "PROTEM_URL must be an address" in result.stderr


@pytest.mark.parametrize("token", ["pro\ntem", "prötem", "a\x00b"])
def test_a_token_that_no_header_could_carry_is_refused(invoke: Invoke, token: str) -> None:
    assert invoke("whoami", env={"PROTEM_TOKEN": token.replace("\x00", "\x01")}).exit_code == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode", "plain ünïcode"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\r\nb", "a\\r\\nb"),
        ("\u202eevil", "\\u202eevil"),
        ("\u009b31m", "\\x9b31m"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_text_of_others_cannot_steer_a_terminal(text: str, shown: str) -> None:
    assert clean(text) == shown
