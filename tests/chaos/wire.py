"""The network between the servers and AWS, which can be cut, and can be slow."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_RESET = struct.pack("ii", 1, 0)


class Wire:
    """Passes on what it is given to a port of this machine, as long as it is whole."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.cut = False
        """Whether connections are reset, those that are open as well."""
        self.latency = 0.0
        """Seconds that each piece takes, there and back."""
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()

    def sever(self) -> None:
        """Reset every connection, and every new one."""
        self.cut = True
        self._loop.call_soon_threadsafe(self._reset_all)

    def heal(self) -> None:
        self.cut, self.latency = False, 0.0

    def _reset_all(self) -> None:
        for writer in tuple(self._open):
            _reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            _reset(writer)
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, back}
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        self._open -= {writer, back}
        for end in (writer, back):
            end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while piece := await reader.read(65536):
                if self.latency:
                    await asyncio.sleep(self.latency)
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._over = asyncio.Event()
        ready.set()
        await self._over.wait()
        server.close()
        self._reset_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


@contextmanager
def wired(target: int) -> Iterator[Wire]:
    """Yield a wire to a port; it is gone after the block."""
    wire, ready = Wire(target), threading.Event()
    thread = threading.Thread(target=wire._loop.run_until_complete, args=(wire._serve(ready),))  # noqa: SLF001
    thread.start()
    ready.wait()
    try:
        yield wire
    finally:
        wire._loop.call_soon_threadsafe(wire._over.set)  # noqa: SLF001 - they are one
        thread.join()
        wire._loop.close()  # noqa: SLF001
