"""Where servers listen, and whom they let come."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from protem.cli.failures import Failure
from protem.domain.origins import is_loopback
from protem.settings import Settings

_BACKLOG = 2048


def require_private(settings: Settings) -> None:
    """Refuse to be reached by others in the clear: tokens that anybody may read are everybody's."""
    if not settings.tls_terminated and not is_loopback(settings.host):
        raise Failure(
            "address-exposed",
            f"{settings.host} can be reached from elsewhere, and Protem speaks no TLS itself: listen on "
            "127.0.0.1, or set PROTEM_TLS_TERMINATED=true if something in front speaks TLS for it",
        )


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take a port; 0 means any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Failure(
                "port-unavailable",
                f"cannot listen on {host}:{port}: {reason}; choose another with --port or PROTEM_PORT",
            ) from None
        yield listener
