"""The application: the API around the services of one process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import FrameType

import anyio
import anyio.to_thread
import uvicorn
from fastapi import FastAPI

from protem import __version__
from protem.api import handlers, openapi
from protem.api.audit_exports import THREADS
from protem.api.entrance import LimitedBodies, LimitedHeads
from protem.api.gate import Gates
from protem.api.middleware import AnsweredAlways, HeadsAnswered
from protem.api.routers import ROUTERS
from protem.api.services import Background, Services
from protem.api.waiting import Waiters
from protem.web import routers as web

THREADS_SQLITE = 4
THREADS_POSTGRESQL = 8
"""Fewer threads are faster: more of them only wait for each other."""


def create_app(services: Services) -> FastAPI:
    """Return the application; while it lives, so does the background work of ``services``."""
    waiters = Waiters(per_caller=services.settings.waiters_per_caller)
    services.store.on_commit(waiters.heard)
    app = FastAPI(
        title="Protem",
        summary="Just-in-time access for AWS IAM Identity Center.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(services, waiters),
    )
    app.state.services, app.state.waiters, app.state.gates = services, waiters, Gates(services)
    app.state.export_threads = anyio.CapacityLimiter(THREADS)
    for router in (*ROUTERS, *web.ROUTERS):
        app.include_router(router)
    openapi.install(app)
    handlers.install(app)
    app.add_middleware(LimitedBodies)
    app.add_middleware(LimitedHeads)
    app.add_middleware(HeadsAnswered)
    app.add_middleware(AnsweredAlways, tls=services.settings.tls_terminated)
    return app


class Server(uvicorn.Server):
    """Lets everybody who waits for an answer go when it is told to stop, instead of waiting for them."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.config.app.state.waiters.close()  # type: ignore[union-attr]  # what create_app returned
        super().handle_exit(sig, frame)


def _lifespan(services: Services, waiters: Waiters) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = THREADS_SQLITE if services.store.is_sqlite else THREADS_POSTGRESQL
        waiters.open()
        try:
            async with _background(services):
                yield
        finally:
            waiters.close()

    return lifespan


@asynccontextmanager
async def _background(services: Services) -> AsyncIterator[None]:
    if not isinstance(services, Background):
        yield
        return
    await anyio.to_thread.run_sync(services.start)
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(services.stop)
