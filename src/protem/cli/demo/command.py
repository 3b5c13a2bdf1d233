"""`protem demo`: start everything, say how to use it, and leave nothing behind."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from typer import Option

from protem import logs
from protem.cli.demo import guide, world
from protem.cli.failures import Failure
from protem.cli.listening import listening
from protem.cli.serving import run, stopping_calmly
from protem.sandbox import Sandbox
from protem.sandbox.server import server as server_of

_HOST = "127.0.0.1"
_SANDBOX_PORT = 9000


def demo(
    *,
    port: Annotated[
        int, Option(min=0, max=65535, help="Where to serve the API; 0 means any free port.")
    ] = 8000,
    verbose: Annotated[bool, Option("--verbose", "-v", help="Show every event as it happens.")] = False,
) -> None:
    """Serve everything on this machine, with a sandbox in place of AWS, until Ctrl-C."""
    _log(verbose=verbose)
    with (
        stopping_calmly(),
        TemporaryDirectory(prefix="protem-demo-") as home,
        listening(_HOST, port) as api,
        listening(_HOST, _port_for_aws()) as aws,
    ):
        made = world.build(Path(home), sandbox=Sandbox())
        with _served(made.sandbox, aws):
            guide.show(made, api=_address(api), aws=_address(aws))
            run(made.runtime, api)


def _log(*, verbose: bool) -> None:
    logs.configure("console", level=logging.INFO if verbose else logging.ERROR)
    if not verbose:
        # Jobs that Ctrl-C cuts off complain at length; how they went otherwise is shown at /readyz.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _port_for_aws() -> int:
    """Return the usual port of the sandbox, or any if that is taken."""
    try:
        with listening(_HOST, _SANDBOX_PORT):
            return _SANDBOX_PORT
    except Failure:
        return 0


@contextmanager
def _served(sandbox: Sandbox, listener: socket.socket) -> Iterator[None]:
    server = server_of(sandbox=sandbox)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"
