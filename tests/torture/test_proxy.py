"""The proxy does what the proof relies on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.torture.proxy import Proxy, Way


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Give a proxy before a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, Proxy(*server.sockets[0].getsockname()[:2]).listening() as proxy:
        yield proxy


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def to(cls, proxy: Proxy) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection(*proxy.address)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    def say(self, words: bytes) -> None:
        self.writer.write(words)

    async def hears(self, words: bytes) -> None:
        assert await self.reader.readexactly(len(words)) == words

    async def hears_nothing(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await self.reader.read(1)

    async def is_reset(self) -> None:
        with pytest.raises(ConnectionError):
            await self.reader.readexactly(1)


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    """Give a connection through it."""
    async with Client.to(proxy) as client:
        yield client


async def test_it_passes_on(client: Client) -> None:
    client.say(b"hello")
    await client.hears(b"hello")


async def test_a_reset_is_told_to_both_sides(proxy: Proxy, client: Client) -> None:
    client.say(b"hello")
    await client.hears(b"hello")
    assert proxy.reset() == 1
    await client.is_reset()


@pytest.mark.parametrize("way", list(Way))
async def test_what_falls_into_a_black_hole_arrives_late(proxy: Proxy, client: Client, way: Way) -> None:
    proxy.pause(way)
    client.say(b"hello")
    await client.hears_nothing()
    proxy.resume()
    await client.hears(b"hello")


async def test_a_moment_is_held_until_it_is_let_go(proxy: Proxy, client: Client) -> None:
    moment = proxy.hold(b"first", b"second")
    client.say(b"first ")
    await client.hears(b"first ")
    client.say(b"second")  # the server has spoken in between: another turn
    await client.hears(b"second")
    client.say(b"first second")
    await moment.reached.wait()
    await client.hears_nothing()
    moment.release()
    await client.hears(b"first second")


async def test_a_moment_that_is_cut_off_never_arrives(proxy: Proxy, client: Client) -> None:
    moment = proxy.hold(b"secret")
    client.say(b"secret")
    await moment.reached.wait()
    moment.release(cut=True)
    await client.is_reset()


async def test_it_cuts_after_some_bytes(proxy: Proxy, client: Client) -> None:
    proxy.cut_after = 3
    client.say(b"hello")
    await client.is_reset()


async def test_it_refuses(proxy: Proxy) -> None:
    proxy.refusing = True
    async with Client.to(proxy) as refused:
        await refused.is_reset()
