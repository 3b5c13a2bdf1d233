"""What a connection may send, and how slowly, before there is a request that a route could answer."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from protem.api import headers, refusals
from protem.api.answers import problem
from protem.api.entrance import DOCUMENT_LIMIT, HEAD_LIMIT
from protem.domain.errors import Refusal

HEAD_SECONDS = 10.0


class PipelineFullError(Exception):
    """A client sends requests, and more of them, without reading answers."""


class Connection(HttpToolsProtocol):
    """A connection of uvicorn's with the limits that it lacks.

    Its parser keeps whatever belongs to a head or a trailer, without end, and its clock runs only
    while nothing comes: without these limits one client could fill the memory, or hold every connection.
    """

    maximum = 900
    """Connections of one process, this one included; whoever sends nothing whole makes room for others."""
    head_limit = 2 * HEAD_LIMIT
    """Bytes; a whole head beyond the smaller limit is refused as a request is, by name of the limit."""
    message_limit = 2 * DOCUMENT_LIMIT
    """Bytes of one request, with all that frames its body."""
    pipelined = 16
    """Requests that may wait for the answer to an earlier one; those of one packet could be thousands."""
    head_seconds = HEAD_SECONDS
    """From the beginning of a connection, or of the next request on it, to the end of the head."""

    _received = 0
    since = 0.0
    """When this connection began, or was last answered."""
    _in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.since = self.loop.time()
        self._await_head()
        if len(self.connections) > self.maximum:
            self._longest_unheard().refuse(refusals.TooManyConnections(f"the most is {self.maximum}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._in_head:
            self._await_head()
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._received > self.head_limit:
            self.refuse(refusals.HeadersTooLarge(f"the most is {HEAD_LIMIT} bytes"))
        elif self._received > self.message_limit:
            self.refuse(refusals.BodyTooLarge(f"the most is {self.message_limit} bytes"))

    def on_message_begin(self) -> None:
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()
        if len(self.pipeline) > self.pipelined:
            # The parser takes no more for a request, and what it says then ends the connection.
            raise PipelineFullError

    def on_message_complete(self) -> None:
        self._in_head, self._received = True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.since = self.loop.time()
        if not self._in_head:
            # Somebody who was answered already would else keep the connection with a byte now and then.
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        self.refuse(refusals.MalformedRequest("the request cannot be read as HTTP"))

    def _longest_unheard(self) -> "Connection":
        """Return who has kept a connection for the longest without a whole request; else the newcomer.

        Somebody who opens all of them and sends little would else keep others from ending access.
        """
        others = (one for one in self.connections if isinstance(one, Connection) and one is not self)
        unheard = (one for one in others if one.unheard)
        return min(unheard, key=lambda one: one.since, default=self)

    @property
    def unheard(self) -> bool:
        """Whether no whole request is there that could be answered."""
        return not self.transport.is_closing() and (not self._answering() or self.cycle.more_body)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self._late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        if self._received:
            self.refuse(refusals.HeadersTooSlow(f"a head has to come within {self.head_seconds:g} seconds"))
        else:
            self.transport.close()

    def refuse(self, refusal: Refusal) -> None:
        """End the connection, with these words unless an answer has begun."""
        if not self._answering() and not self.transport.is_closing():
            self.transport.write(_raw(refusal))
        self.transport.close()

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete


def _raw(refusal: Refusal) -> bytes:
    answer = problem(refusal, headers={**headers.EVERYWHERE, "Connection": "close"})
    lines = (b"%s: %s\r\n" % pair for pair in answer.raw_headers)
    return b"".join((STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)))


def limited(*, maximum: int) -> type[Connection]:
    """Return the protocol of a server that takes ``maximum`` connections."""
    limits: dict[str, Any] = {"maximum": maximum}
    return type("LimitedConnection", (Connection,), limits)
