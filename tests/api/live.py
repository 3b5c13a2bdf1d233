"""The application on the event loop of a test, where many callers can call at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import httpx2
from fastapi import FastAPI

from protem.api.waiting import Waiters
from tests.api.applications import Api, Client

PATIENCE_SECONDS = 60


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario on a loop of its own; it has a minute."""

    async def in_time() -> None:
        with anyio.fail_after(PATIENCE_SECONDS):
            await scenario()

    asyncio.run(in_time())


async def until(condition: Callable[[], bool]) -> None:
    """Let the others on this loop go on until ``condition`` holds."""
    while not condition():
        await anyio.lowlevel.checkpoint()


class Live:
    """The application, running; calls of this are calls of clients."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.waiters: Waiters = app.state.waiters
        self.through(app)

    def through(self, app: Any) -> None:
        """Have clients call ``app`` from now on, which may be something around the application."""
        self._http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://protem.test", timeout=PATIENCE_SECONDS
        )

    async def get(self, client: Client, path: str, *, etag: str | None = None) -> httpx2.Response:
        known = {"If-None-Match": etag} if etag else {}
        return await self._http.get(path, headers={**client.headers, **known})

    async def post(self, client: Client, path: str, body: Any = None) -> httpx2.Response:
        return await self._http.post(path, headers=dict(client.headers), json=body)


@asynccontextmanager
async def living(api: Api) -> AsyncIterator[Live]:
    """Start the application of ``api`` on this loop, and stop it."""
    async with api.app.router.lifespan_context(api.app):
        yield Live(api.app)
