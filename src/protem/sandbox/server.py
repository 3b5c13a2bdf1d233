"""The sandbox on a port of its own, for the `aws` command line and for Protem itself."""

import uvicorn

from protem.sandbox.core import Sandbox


def serve(*, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 9000) -> None:
    """Serve until interrupted; point `AWS_ENDPOINT_URL` here, any credentials will do."""
    server(sandbox=sandbox, host=host, port=port).run()


def server(*, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 9000) -> uvicorn.Server:
    """Return a server that has not started; port 0 takes a free one."""
    # the sandbox's own clock makes the Date header, not the machine's
    config = uvicorn.Config(
        sandbox.asgi(),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        date_header=False,
    )
    return uvicorn.Server(config)
