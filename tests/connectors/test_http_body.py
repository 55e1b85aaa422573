from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator

import pytest

from connectors.faults import FaultKind, PlatformFault
from connectors.http_body import BodyRefused, read_capped
from connectors.http_pool import HttpPool
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, always, serve

GZIP = {"content-encoding": "gzip"}


async def chunks(data: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def test_a_plain_body() -> None:
    assert await read_capped(chunks(b"0123456789"), {}, 10) == b"0123456789"


async def test_one_byte_over_the_cap_is_refused() -> None:
    with pytest.raises(BodyRefused, match="larger than 9 bytes"):
        await read_capped(chunks(b"0123456789"), {}, 9)


async def test_a_compressed_body_is_unfolded() -> None:
    assert await read_capped(chunks(gzip.compress(b"a" * 500)), GZIP, 500) == b"a" * 500


async def test_the_cap_holds_for_what_unfolds() -> None:
    with pytest.raises(BodyRefused, match="larger than 499 bytes"):
        await read_capped(chunks(gzip.compress(b"a" * 500)), GZIP, 499)


async def test_a_bomb_stops_at_the_cap_and_not_at_its_end() -> None:
    taken: list[int] = []

    async def bomb() -> AsyncIterator[bytes]:
        async for chunk in chunks(gzip.compress(b"\0" * 50_000_000), 1_000):
            taken.append(len(chunk))
            yield chunk

    with pytest.raises(BodyRefused):
        await read_capped(bomb(), GZIP, 10_000)
    assert len(taken) == 1


async def test_a_bomb_on_the_wire_is_an_unexpected_answer() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    async with serve(always(200, bomb, Content_Encoding="gzip")) as server, HttpPool(egress=LOOPBACK) as pool:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", server.url, max_bytes=1_000_000)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_only_gzip_is_asked_for() -> None:
    async with serve(always()) as server, HttpPool(egress=LOOPBACK) as pool:
        await Transport(pool).send("GET", server.url, headers={"Accept-Encoding": "br"})
    assert server.received[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("headers", "data", "words"),
    [
        ({"content-encoding": "br"}, b"abc", "not asked for"),
        ({"content-encoding": "gzip, gzip"}, b"abc", "not asked for"),
        (GZIP, b"this is not gzip", "damaged"),
        (GZIP, gzip.compress(b"abc", mtime=0)[:-2], "ends too early"),
        ({"content-length": "11"}, b"", "larger than 10 bytes"),
    ],
)
async def test_bodies_that_are_refused(headers: dict[str, str], data: bytes, words: str) -> None:
    with pytest.raises(BodyRefused, match=re.escape(words)):
        await read_capped(chunks(data), headers, 10)


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP", "x-gzip"])
async def test_an_empty_body_is_fine(encoding: str) -> None:
    assert await read_capped(chunks(b""), {"content-encoding": encoding}, 10) == b""
