"""The mount inside a process: botocore asks the sandbox instead of the network."""

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError

from protem.sandbox.wire.messages import Reply, Request

Session = boto3.Session | botocore.session.Session

# `before-send` goes up as before-send.<service>.<operation> for each attempt, retries included.
EVENT = "before-send"


class Body(BytesIO):
    """What botocore expects of a response that it did not open itself."""

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]


def mount(reply: Callable[[Request], Reply | None], session: Session) -> None:
    """Register for every client made by the session from now on, after all other handlers.

    botocore lets every handler of an event run and takes the first answer: a budget's or a
    lease's `before-send` hook on the same session, registered with `register` or
    `register_first`, has waited or raised before the sandbox hears of the call.
    """

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        answered = reply(_understood(request))
        if answered is None:
            raise ConnectionClosedError(endpoint_url=request.url)
        body: Any = Body(answered.body)
        headers: Any = dict(answered.headers)
        return AWSResponse(request.url, answered.status, headers, body)

    _emitter(session).register_last(EVENT, answer)


def _emitter(session: Session) -> Any:
    """Return what events are registered with, untyped: for botocore's stubs no handler answers."""
    if isinstance(session, boto3.Session):
        return session.events
    return session.get_component("event_emitter")


def _understood(request: AWSPreparedRequest) -> Request:
    raw: Any = request.body or b""
    return Request(
        headers={name.lower(): _text(value) for name, value in request.headers.items()},
        body=raw.encode() if isinstance(raw, str) else bytes(raw),
        query=urlsplit(request.url).query,
    )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
