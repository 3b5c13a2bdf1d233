"""Raw calls, below any client that would mend them, with the work that each one made."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import unquote_to_bytes

from sqlalchemy import event

from tests.api import contract
from tests.attacks.ground import Ground

MOST_QUERIES = 60
MOST_BYTES = 512 * 1024
"""What one call may make the database do and send back, whatever was sent."""

_calls = count()
_PLACES = 250
"""No two calls in a row come from one place, so that none is told to wait."""

Fields = Iterable[tuple[str | bytes, str | bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back, and how many statements the database was given for it."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    queries: int

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> str | None:
        return str(self.json()["code"]) if self.status_code >= 400 else None


@dataclass
class Probe:
    """Calls one application; whatever is wrong with an answer is kept."""

    ground: Ground
    failures: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def send(
        self, method: str, path: str, headers: Fields = (), body: bytes | Iterable[bytes] = b""
    ) -> Answer:
        """Send bytes as they are; ``path`` may have a query."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        with self._counted() as statements:
            answer = _called(self.ground, _scope(method, path, headers), chunks, statements)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        wrong = self._wrong(method, path, answer)
        if wrong:
            self.failures.append(f"{method} {path[:200]} {_shown(headers, chunks)}: {wrong}")
        return answer

    @contextmanager
    def without_effect(self) -> Iterator[None]:
        """Note it as wrong if anything that lasts is different afterwards."""
        before = lasting(self.ground)
        yield
        after = lasting(self.ground)
        self.failures += [f"{name} changed" for name, rows in after.items() if rows != before[name]]

    def _wrong(self, method: str, path: str, answer: Answer) -> str | None:
        if answer.status_code >= 500:
            return f"{answer.status_code} {answer.text[:300]}"
        if answer.queries > MOST_QUERIES or len(answer.content) > MOST_BYTES:
            return f"{answer.queries} statements, {len(answer.content)} bytes"
        return _undeclared(self.ground, method, path, answer)

    @contextmanager
    def _counted(self) -> Iterator[list[str]]:
        engine, statements = self.ground.world.store.engine, list[str]()
        keep: Callable[..., None] = lambda *call: statements.append(call[2])  # noqa: E731 - removed by identity
        event.listen(engine, "before_cursor_execute", keep)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", keep)


def _undeclared(ground: Ground, method: str, path: str, answer: Answer) -> str | None:
    read: Any = answer
    try:
        contract.check(ground.api.http, method, path, read)
    except (AssertionError, ValueError, KeyError) as error:
        return f"undeclared: {answer.status_code} {str(error)[:300]}"
    return None


def _scope(method: str, path: str, headers: Fields) -> dict[str, Any]:
    raw, _, query = path.encode().partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode(errors="replace"),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "headers": [(_bytes(name).lower(), _bytes(value)) for name, value in headers],
        "client": (f"198.18.{next(_calls) // _PLACES % _PLACES}.{next(_calls) % _PLACES}", 443),
        "server": ("testserver", 80),
    }


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1", errors="replace")


def _called(ground: Ground, scope: dict[str, Any], chunks: list[bytes], statements: list[str]) -> Answer:
    sent: list[Any] = []
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    portal = ground.api.http.portal
    assert portal is not None
    portal.call(ground.api.app, scope, receive, send)
    begun = sent[0]
    headers = {name.decode(): value.decode("latin-1") for name, value in begun["headers"]}
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(begun["status"], headers, content, len(statements))


def lasting(ground: Ground) -> dict[str, Any]:
    """Return every row but those that tell of rejected credentials, which are bounded on their own."""
    contents: dict[str, Any] = ground.world.contents()
    told = ("audit_events", "unsealed_events")
    return {name: rows for name, rows in contents.items() if name not in told}


def _shown(headers: Fields, chunks: list[bytes]) -> str:
    plain = [(name, value) for name, value in headers if _bytes(name).lower() != b"authorization"]
    return f"{plain!r:.200} {b''.join(chunks)[:200]!r}"
