"""The sandbox on a port of its own, for the `aws` command line and for Protem itself."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from protem.sandbox.core import Sandbox
from protem.sandbox.mounts.asgi import Message


def serve(*, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 9000) -> None:
    """Serve until interrupted; point `AWS_ENDPOINT_URL` here, any credentials will do."""
    server(sandbox=sandbox, host=host, port=port).run()


def server(*, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 9000) -> uvicorn.Server:
    """Return a server that has not started."""
    connections: dict[Any, asyncio.Transport] = {}

    class Protocol(H11Protocol):
        """Keeps hold of its connection, so that a reply can be lost for good."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.client, None)
            super().connection_lost(exc)

    def break_off(scope: Message) -> None:
        connections[scope["client"]].abort()

    config = uvicorn.Config(
        sandbox.asgi(break_off=break_off),
        host=host,
        port=port,
        http=Protocol,
        log_level="warning",
        server_header=False,
        date_header=False,  # the sandbox dates its answers by its own clock
    )
    return uvicorn.Server(config)
