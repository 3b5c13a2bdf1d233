"""What surrounds every call: how much it may send, and that it is answered whatever happens."""

import traceback
import uuid
from collections.abc import Iterable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protem.api import refusals
from protem.api.answers import problem

BODY_LIMIT = 64 * 1024
DOCUMENT_LIMIT = 1024 * 1024
"""For entitlements, which come as a whole file."""

_DOCUMENTS: Iterable[str] = ("/v1/entitlements/",)
_log = structlog.get_logger("protem.api")


class LimitedBodies:
    """Refuses a body that is too large: at once where its length is declared, else as soon as it shows."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = DOCUMENT_LIMIT if scope["path"].startswith(tuple(_DOCUMENTS)) else BODY_LIMIT
        if _declared(scope) > limit:
            refusal = refusals.BodyTooLarge(f"the most is {limit} bytes", facts={"limit": limit})
            await problem(refusal, headers={"Connection": "close"})(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            # FastAPI passes an HTTPException on, and takes any other for a body that cannot be parsed.
            raise HTTPException(413, f"the most is {limit} bytes")
        return message

    return counting


class AnsweredAlways:
    """Logs an unexpected exception under an id and answers with that id; keeps answers out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # nobody above could answer
            incident = str(uuid.uuid4())
            _log_failure(incident, error, scope)
            if started:
                raise
            await _failed(incident)(scope, receive, sending)


def _log_failure(incident: str, error: Exception, scope: Scope) -> None:
    # Written out here: renderers that show the variables of each frame would show credentials.
    trace = "".join(traceback.format_exception(error))
    _log.error("call.failed", id=incident, method=scope["method"], path=scope["path"], traceback=trace)


def _failed(incident: str) -> ASGIApp:
    return problem(refusals.InternalError(f"it is in the log under {incident}", facts={"id": incident}))
