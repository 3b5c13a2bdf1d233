"""The mount on a port: the same sandbox for anything that speaks HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from protem.sandbox.wire.messages import Reply, Request

HEADER = b"x-protem-sandbox"
"""Over a wire nobody could else tell that what answers is not AWS; in a process somebody has mounted it."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


BreakOff = Callable[[Message], None]


def cannot_break_off(scope: Message) -> None:
    """Stand in where the server does not let go of its connections: it will answer a 500."""
    raise ConnectionResetError("a lost reply was ordered")


def application(
    reply: Callable[[Request], Reply | None], *, break_off: BreakOff = cannot_break_off
) -> Application:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = await _request(scope, receive)
        # in a thread: an ordered latency sleeps, and other calls go on meanwhile
        answered = await asyncio.to_thread(reply, request)
        if answered:
            await _send(answered, send)
        else:
            break_off(scope)
            await receive()  # until the server has noticed

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    for done in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
        await receive()
        await send({"type": done})


async def _request(scope: Message, receive: Receive) -> Request:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return Request(
        headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
        body=b"".join(chunks),
        query=scope["query_string"].decode(),
    )


async def _send(reply: Reply, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
    headers.append((HEADER, b"yes"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
