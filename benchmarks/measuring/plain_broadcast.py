"""The reference of the fan-out benchmark: one process that writes the same bytes to every open socket.

The frame is made once, and each socket costs one write. It knows no tenants, no keys, no cursors and no database. Each
line on standard input is a message; `python -m benchmarks.measuring.plain_broadcast <port>`.
"""

from __future__ import annotations

import asyncio
import struct
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, serve

_SHORT, _MIDDLE = 126, 65_536


def frame(text: bytes) -> bytes:
    """One unmasked text message of less than 64 kB."""
    length = len(text)
    if length >= _MIDDLE:
        raise ValueError("the message is too long for this reference")
    return b"\x81" + (bytes([length]) if length < _SHORT else bytes([_SHORT]) + struct.pack("!H", length)) + text


async def main(port: int) -> None:
    """Serve until standard input ends."""
    open_now: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        open_now.add(connection)
        try:
            await connection.wait_closed()
        finally:
            open_now.discard(connection)

    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with serve(keep, "127.0.0.1", port, compression=None, ping_interval=None):
        while line := await reader.readline():
            packed = frame(line.rstrip(b"\n"))
            for connection in open_now:
                connection.transport.write(packed)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
