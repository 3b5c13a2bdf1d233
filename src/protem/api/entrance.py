"""What is refused before any route is looked for: heads and bodies that no honest client sends."""

from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protem.api import refusals
from protem.api.answers import problem
from protem.domain.errors import Refusal

BODY_LIMIT = 64 * 1024
DOCUMENT_LIMIT = 1024 * 1024
"""For entitlements, which come as a whole file."""
BODY_SECONDS = 20.0
"""For the whole body, however it comes: one byte a second is nobody's upload."""

HEAD_LIMIT = 32 * 1024
HEADERS_LIMIT = 100
QUERY_LIMIT = 8 * 1024
PARAMETERS_LIMIT = 100

_ONCE = frozenset(
    {
        b"authorization",
        b"act-as",
        b"idempotency-key",
        b"if-match",
        b"content-type",
        b"content-length",
        b"host",
    }
)
"""Of two that differ, what is in front may have checked the one that is not read here."""
_DOCUMENTS: Iterable[str] = ("/v1/entitlements/",)
_DIGITS = 18


class LimitedHeads:
    """Refuses a head that is too large or says a thing twice."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _wrong_with(scope) if scope["type"] == "http" else None
        answering = self.app if refusal is None else problem(refusal, headers={"Connection": "close"})
        await answering(scope, receive, send)


class LimitedBodies:
    """Refuses a body that is too large: at once where its length is declared, else as soon as it shows."""

    def __init__(self, app: ASGIApp, *, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = DOCUMENT_LIMIT if scope["path"].startswith(tuple(_DOCUMENTS)) else BODY_LIMIT
        if _declared(scope) > limit:
            refusal = refusals.BodyTooLarge(f"the most is {limit} bytes", facts={"limit": limit})
            await problem(refusal, headers={"Connection": "close"})(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit, self.seconds), send)


def _wrong_with(scope: Scope) -> Refusal | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(headers) > HEADERS_LIMIT or sum(len(name) + len(value) for name, value in headers) > HEAD_LIMIT:
        return refusals.HeadersTooLarge(f"the most is {HEADERS_LIMIT} headers, {HEAD_LIMIT} bytes in all")
    query: bytes = scope["query_string"]
    if len(query) > QUERY_LIMIT or query.count(b"&") >= PARAMETERS_LIMIT:
        return refusals.AddressTooLong(
            f"the most is {PARAMETERS_LIMIT} query parameters, {QUERY_LIMIT} bytes in all"
        )
    sent = Counter(name for name, _ in headers if name in _ONCE)
    twice = sorted(name.decode().title() for name, times in sent.items() if times > 1)
    return refusals.HeaderRepeated(f"send this once: {', '.join(twice)}") if twice else None


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    # Python refuses to read a number of thousands of digits; what is no number shows when it is read.
    return int(length[:_DIGITS]) if length.isdecimal() else 0


def _counted(receive: Receive, limit: int, seconds: float) -> Receive:
    seen, more, deadline = 0, True, anyio.current_time() + seconds

    async def counting() -> Message:
        nonlocal seen, more
        # After the body there is only the end of the connection, which those who wait here wait for.
        message = await (_in_time(receive, deadline) if more else receive())
        more = bool(message.get("more_body"))
        seen += len(message.get("body", b""))
        if seen > limit:
            # FastAPI passes an HTTPException on, and takes any other for a body that cannot be parsed.
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the most is {limit} bytes")
        return message

    return counting


async def _in_time(receive: Receive, deadline: float) -> Message:
    with anyio.CancelScope(deadline=deadline):
        return await receive()
    raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the whole body has to come sooner")
