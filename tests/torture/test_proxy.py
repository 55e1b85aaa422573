"""The proxy does what the proof relies on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

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
    async def to(cls, proxy: Proxy) -> Client:
        return cls(*await asyncio.open_connection(*proxy.address))

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


async def test_it_passes_on(proxy: Proxy) -> None:
    client = await Client.to(proxy)
    client.say(b"hello")
    await client.hears(b"hello")


async def test_a_reset_is_told_to_both_sides(proxy: Proxy) -> None:
    client = await Client.to(proxy)
    client.say(b"hello")
    await client.hears(b"hello")
    assert proxy.reset() == 1
    await client.is_reset()


@pytest.mark.parametrize("way", list(Way))
async def test_what_falls_into_a_black_hole_arrives_late(proxy: Proxy, way: Way) -> None:
    client = await Client.to(proxy)
    proxy.pause(way)
    client.say(b"hello")
    await client.hears_nothing()
    proxy.resume()
    await client.hears(b"hello")


async def test_a_moment_is_held_until_it_is_let_go(proxy: Proxy) -> None:
    client = await Client.to(proxy)
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


async def test_a_moment_that_is_cut_off_never_arrives(proxy: Proxy) -> None:
    client = await Client.to(proxy)
    moment = proxy.hold(b"secret")
    client.say(b"secret")
    await moment.reached.wait()
    moment.release(cut=True)
    await client.is_reset()


async def test_it_refuses_and_cuts(proxy: Proxy) -> None:
    proxy.cut_after = 3
    client = await Client.to(proxy)
    client.say(b"hello")
    await client.is_reset()
    proxy.refusing = True
    refused = await Client.to(proxy)
    await refused.is_reset()
