"""The TCP front of one source: the port that Hedui connects to, with the real server behind it.

The same front stands before HTTP, SFTP and PostgreSQL, so that "refuses connections" and "hangs" are the real thing
whatever the protocol: a closed port, or a peer that takes the connection and never says a word.
"""

import asyncio
import socket
from contextlib import suppress
from typing import Literal

LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16

Mode = Literal["open", "refuse", "hang"]


def bound(port: int = 0) -> socket.socket:
    """Return a socket that listens on `port` of loopback if that is free, else on one that the system chooses."""
    if port:
        try:
            sock = reserved(port)
        except OSError:
            return bound()
        try:
            sock.listen()
        except OSError:
            sock.close()
            return bound()
        return sock
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((LOOPBACK, 0))
    # Set earlier, it would let the system choose a port that another socket has bound but not opened;
    # not set at all, lingering connections would keep the port from our next process.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.listen()
    return sock


def reserved(port: int) -> socket.socket:
    """Return a socket that holds a port without listening: whoever connects is refused, and nobody takes the port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of before may linger
    try:
        sock.bind((LOOPBACK, port))
    except OSError:
        sock.close()
        raise
    return sock


class Front:
    """One listening port that passes everything on to `target`, a port on loopback."""

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._held = bound(port)
        self.port: int = self._held.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.mode: Mode | None = None

    async def switch(self, mode: Mode) -> None:
        """Change what happens to connections. Those that are open are cut off, as after a failure."""
        if mode == self.mode:
            return
        self.mode = mode
        if mode == "refuse":
            await self._stop_listening()
        elif self._server is None:
            self._server = await asyncio.start_server(self._accept, sock=self._held)
        for writer in list(self._open):
            writer.transport.abort()

    async def close(self) -> None:
        """Close the port for good."""
        await self._stop_listening()
        self._held.close()

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._held = reserved(self.port)
        for writer in list(self._open):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.mode == "hang":
                while await reader.read(_CHUNK):  # listens, and never answers
                    pass
            else:
                await self._relay(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(LOOPBACK, self._target)
        self._open.add(back)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, back))
                both.create_task(_pass_on(there, writer))
        except* OSError:
            pass
        finally:
            self._open.discard(back)
            back.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
