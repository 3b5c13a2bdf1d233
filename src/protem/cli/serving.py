"""`protem serve` and `protem reconcile`: the processes of an installation."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Annotated

import structlog
import uvicorn
from prometheus_client import start_http_server
from typer import Option

from protem import logs
from protem.app import Server, create_app
from protem.cli import environment
from protem.cli.console import database
from protem.cli.failures import Failure
from protem.cli.keys import usable_key
from protem.cli.listening import listening, require_private
from protem.cli.output import warn
from protem.connections import limited
from protem.db import privileges
from protem.identity_center.errors import CallRejected
from protem.runtime import Runtime
from protem.settings import Settings

_GRACE_SECONDS = 3

_log = structlog.get_logger("protem.cli")

Port = Annotated[int | None, Option(min=0, max=65535, help="Where to listen; PROTEM_PORT if left out.")]
Host = Annotated[str | None, Option(help="Whom to listen to; PROTEM_HOST if left out.")]


def serve(
    *,
    host: Host = None,
    port: Port = None,
    reconciler: Annotated[
        bool, Option("--reconciler/--no-reconciler", help="Whether this process also talks to AWS.")
    ] = True,
) -> None:
    """Serve the API, and reconcile, until told to stop."""
    settings = environment.settings(host=host, port=port)
    logs.configure(settings.log_format)
    require_private(settings)
    with stopping_calmly(), listening(settings.host, settings.port) as listener:
        run(_built(settings, reconciler=reconciler), listener)


def reconcile(
    *,
    metrics_port: Annotated[
        int | None, Option(min=1, max=65535, help="Serve /metrics of this process there.")
    ] = None,
) -> None:
    """Reconcile without serving the API: the one process that needs AWS credentials."""
    settings = environment.settings()
    logs.configure(settings.log_format)
    if metrics_port is not None:
        require_private(settings)
    with stopping_calmly():
        runtime = _built(settings, reconciler=True)
        try:
            runtime.start()
            with _metrics(runtime, settings.host, metrics_port):
                threading.Event().wait()
        finally:
            runtime.stop()


def run(runtime: Runtime, listener: socket.socket) -> None:
    """Serve a process on ``listener`` until it is told to stop, and stop everything in it."""
    server = Server(
        uvicorn.Config(
            create_app(runtime),
            http=limited(maximum=runtime.settings.maximum_connections),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # it would believe the loopback address: networks.source reads them
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    try:
        server.run(sockets=[listener])
    finally:
        runtime.stop()
    if not server.started:
        raise Failure("not-started", "the server did not start; the log says why")


def _built(settings: Settings, *, reconciler: bool) -> Runtime:
    with database(), usable_key():
        runtime = Runtime.build(settings, reconciler=reconciler)
    try:
        _tell_of_rights(runtime)
        _require_aws(runtime)
    except BaseException:
        runtime.close()
        raise
    return runtime


def _tell_of_rights(runtime: Runtime) -> None:
    with database(), runtime.store.reading() as session:
        for sentence in privileges.excess(session):
            _log.warning("database.too_many_rights", finding=sentence)


def _require_aws(runtime: Runtime) -> None:
    if runtime.reconciling is None:
        return
    try:
        runtime.reconciling.connection.require_aws()
    except CallRejected as refused:
        raise Failure("sandbox-refused", refused.message) from None


@contextmanager
def stopping_calmly() -> Iterator[None]:
    """Have Ctrl-C, SIGTERM and a closed terminal end the block in order, and the command well."""
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, _as_termination)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _as_termination(number: int, frame: FrameType | None) -> None:
    # The server listens to SIGTERM, and knows nothing of terminals.
    signal.raise_signal(signal.SIGTERM)


@contextmanager
def _metrics(runtime: Runtime, host: str, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=host, registry=runtime.metrics)
    except OSError as error:
        raise Failure("port-unavailable", f"cannot listen on {host}:{port}: {error.strerror}") from None
    warn(f"Metrics are at http://{host}:{port}/metrics")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
