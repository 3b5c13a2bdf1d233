"""What surrounds every call: that it is answered whatever happens, and what goes with every answer."""

import traceback
import uuid
from collections.abc import Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protem.api import headers, refusals
from protem.api.answers import problem

_log = structlog.get_logger("protem.api")


class AnsweredAlways:
    """Logs an unexpected exception under an id and answers with that id; secures every answer."""

    def __init__(self, app: ASGIApp, *, tls: bool = False) -> None:
        self.app = app
        self._headers: Mapping[str, str] = {**headers.EVERYWHERE, **(headers.WITH_TLS if tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                sent = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    sent.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # nobody above could answer
            incident = str(uuid.uuid4())
            _log_failure(incident, error, scope)
            if started:
                raise
            await _failed(incident)(scope, receive, sending)


class HeadsAnswered:
    """Answers HEAD as GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, bodiless)


def _log_failure(incident: str, error: Exception, scope: Scope) -> None:
    # Written out here: renderers that show the variables of each frame would show credentials.
    trace = "".join(traceback.format_exception(error))
    # The pattern of the route, not the address: people put into addresses what belongs elsewhere.
    route = getattr(scope.get("route"), "path", None)
    _log.error("call.failed", id=incident, method=scope["method"], route=route, traceback=trace)


def _failed(incident: str) -> ASGIApp:
    return problem(refusals.InternalError(f"it is in the log under {incident}", facts={"id": incident}))
