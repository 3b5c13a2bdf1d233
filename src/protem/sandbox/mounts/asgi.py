"""The mount on a port: the same sandbox for anything that speaks HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from protem.sandbox.wire.messages import Reply, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def application(reply: Callable[[Request], Reply | None]) -> Application:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = Request(
            headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
            body=await _body(receive),
            query=scope["query_string"].decode(),
        )
        # in a thread: an ordered latency sleeps, and other calls go on meanwhile
        answered = await asyncio.to_thread(reply, request)
        await (_send(answered, send) if answered else _break_off(send))

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    for done in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
        await receive()
        await send({"type": done})


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(reply: Reply, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _break_off(send: Send) -> None:
    """Promise a byte and never send it: the server then closes the connection."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
