"""Connections that go nowhere but where events may be sent, whatever a name resolves to meanwhile."""

import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpcore2

from protem.domain import reach
from protem.domain.endpoints import Endpoint
from protem.domain.reach import Network

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host; raises ``OSError``."""


class ForbiddenAddressError(Exception):
    """The host has an address that nothing may be sent to."""


class TimeOverError(Exception):
    """The whole attempt has taken too long, however busy it was."""


def system(host: str, port: int) -> Sequence[str]:
    """Return what the system resolves a host to, in the system's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of an attempt, on a scale that nobody can set."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left; raises ``TimeOverError`` when none are."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise TimeOverError
        return seconds


class Stream(httpcore2.NetworkStream):
    """A connection whose every read and write ends with the attempt."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


@dataclass
class Pinned(httpcore2.NetworkBackend):
    """Resolves the host of one endpoint once, and connects to exactly the addresses that were checked."""

    endpoint: Endpoint
    allowed: Sequence[Network]
    deadline: Deadline
    resolve: Resolve
    resolvers: ThreadPoolExecutor

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        """Connect to the first address that answers.

        Raises ``ForbiddenAddressError`` if any of the host's addresses may not be sent to.
        """
        failure: Exception = httpcore2.ConnectError("the host has no address")
        addresses = self._addresses()
        for tried, address in enumerate(addresses):
            # An address that says nothing leaves the others, and the call itself, their share of the time.
            share = self.deadline.left() / (len(addresses) - tried + 1)
            try:
                inner = httpcore2.SyncBackend().connect_tcp(address, port, timeout=share)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return Stream(inner, self.deadline)
        raise failure

    def _addresses(self) -> Sequence[str]:
        if self.endpoint.is_literal:
            found: Sequence[str] = (self.endpoint.host,)
        else:
            found = self._resolved()
        for address in found:
            if why := reach.refusal(self.endpoint, address, allowed=self.allowed):
                raise ForbiddenAddressError(why)
        return found

    def _resolved(self) -> Sequence[str]:
        # The system's resolver knows no time limit of ours: whoever waits for it here stops waiting.
        asked = self.resolvers.submit(self.resolve, self.endpoint.host, self.endpoint.port)
        try:
            return asked.result(timeout=self.deadline.left())
        except LateError:
            asked.cancel()
            raise TimeOverError from None
