"""Load that costs little itself: many kept connections in one process, each with one call under way."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import uvloop

Script = Iterator[bytes]
"""What is sent on one connection, one call after the answer to the one before."""
Address = tuple[str, int]

PATIENCE_SECONDS = 30.0
"""After which a call that nobody has answered counts as one that nobody will."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass
class Load:
    """What came of some calls; times are in seconds."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)
    unanswered: int = 0
    seconds: float = 0.0
    share: float = 0.0
    """Of one processor, used for making the calls."""

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    def percentile(self, hundredth: float) -> float:
        """Return the time that so many of a hundred calls took at most; 0 where there were none."""
        ranked = sorted(self.times)
        return ranked[min(int(len(ranked) * hundredth / 100), len(ranked) - 1)] if ranked else 0.0


class _Line(asyncio.Protocol):
    """One connection, which ends with its script, or with the first answer after the deadline."""

    def __init__(self, script: Script, load: Load, *, deadline: float, keep: bool, pause: float) -> None:
        self._script, self._load, self._deadline = script, load, deadline
        self._keep, self._pause = keep, pause
        self._buffer, self._sent_at = bytearray(), 0.0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self._load.unanswered += 1
            self.over.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(_END)
        if head < 0:
            return
        found = _LENGTH.search(self._buffer, 0, head)
        end = head + len(_END) + (int(found[1]) if found else 0)
        if len(self._buffer) >= end:
            self._answered(bytes(self._buffer[head + len(_END) : end]))

    def hang_up(self) -> None:
        self._transport.close()

    def _answered(self, body: bytes) -> None:
        now = time.perf_counter()
        self._load.times.append(now - self._sent_at)
        self._load.statuses[int(self._buffer[9:12])] += 1
        if self._keep:
            self._load.bodies.append(body)
        self._buffer.clear()
        if now >= self._deadline:
            self._end()
        elif self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._send)
        else:
            self._send()

    def _send(self) -> None:
        call = next(self._script, None)
        if call is None or self._transport.is_closing():
            self._end()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(call)

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
        self._transport.close()


async def driven(
    address: Address, scripts: Sequence[Script], *, seconds: float, keep: bool = False, pause: float = 0.0
) -> Load:
    """Send each script on a connection of its own for so long; ``keep`` keeps what was answered.

    With ``pause`` each connection rests so long between an answer and its next call.
    """
    load, loop = Load(), asyncio.get_running_loop()
    begun, used = time.perf_counter(), time.process_time()
    lines = []
    for script in scripts:
        line = _Line(script, load, deadline=begun + seconds, keep=keep, pause=pause)
        await loop.create_connection(lambda line=line: line, *address)  # type: ignore[misc]  # as asked
        lines.append(line)
    _, late = await asyncio.wait([line.over for line in lines], timeout=seconds + PATIENCE_SECONDS)
    load.seconds = time.perf_counter() - begun
    load.share = (time.process_time() - used) / load.seconds
    for line in lines if late else ():
        line.hang_up()
    return load


def drive(address: Address, scripts: Sequence[Script], *, seconds: float, keep: bool = False) -> Load:
    """Do the same from outside of a loop."""
    return uvloop.run(driven(address, scripts, seconds=seconds, keep=keep))
