"""Files are received as streams, under the same guard as every other answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.egress import EgressPolicy
from connectors.exchanges import Exchange
from connectors.faults import FaultKind, PlatformFault
from connectors.transport import HttpPool, Transport
from tests.fixtures.served import listener, serving

MIB = 1024 * 1024
GO_ON = asyncio.Event()


async def _serve(request: Request) -> Response:
    match request.path_params["name"]:
        case "large":
            return StreamingResponse(_large())
        case "stated":
            return Response(b"", headers={"content-length": str(20_000_000_000)})
        case "packed":
            return Response(b"x", headers={"content-encoding": "gzip"})
        case "slow":
            return StreamingResponse(_slow())
        case "broken":
            return StreamingResponse(_slow(), headers={"content-length": "9"})
        case "seen":
            return Response(" ".join(f"{name}={value}" for name, value in request.headers.items()))
        case "moved":
            return RedirectResponse("/seen")
        case "round":
            return RedirectResponse("/round")
        case "inside":
            return RedirectResponse("http://10.0.0.1/secret")
    return Response("no", 404)


async def _large() -> AsyncIterator[bytes]:
    for _ in range(64):
        yield bytes(MIB)


async def _slow() -> AsyncIterator[bytes]:
    yield b"begun"
    await GO_ON.wait()


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    """Give a server of files, good and bad."""
    sock, origin = listener()
    async with serving(Starlette(routes=[Route("/{name}", _serve)]), sock):
        yield origin
        GO_ON.set()


@pytest.fixture
async def heard() -> list[Exchange]:
    """Give what is recorded."""
    return []


@pytest.fixture
async def http(heard: list[Exchange]) -> AsyncIterator[Transport]:
    """Give a transport that may call this machine."""
    async with HttpPool(egress=EgressPolicy(allow=(ip_network("127.0.0.0/8"),))) as pool:
        yield Transport(pool, recorder=heard.append)


async def received(http: Transport, url: str, **limits: Any) -> int:
    async with http.receive(url, **limits) as answer:
        return sum([len(chunk) async for chunk in answer.chunks])


async def test_a_large_file_comes_in_small_chunks(http: Transport, url: str, heard: list[Exchange]) -> None:
    async with http.receive(f"{url}/large", max_bytes=64 * MIB) as answer:
        sizes = [len(chunk) async for chunk in answer.chunks]
    assert (answer.status, answer.ok, sum(sizes)) == (200, True, 64 * MIB)
    assert max(sizes) <= MIB
    assert [(one.method, one.status, one.code) for one in heard] == [("GET", 200, None)]


@pytest.mark.parametrize(
    ("name", "words"), [("large", "larger than 67108863"), ("stated", "larger"), ("packed", "way")]
)
async def test_what_is_too_much_is_refused_while_it_comes(http: Transport, url: str, name: str, words: str) -> None:
    with pytest.raises(PlatformFault, match=words) as refusal:
        await received(http, f"{url}/{name}", max_bytes=64 * MIB - 1)
    assert refusal.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


@pytest.mark.parametrize("name", ["slow", "broken"])
async def test_the_time_is_for_the_whole_body(http: Transport, url: str, name: str) -> None:
    with pytest.raises(PlatformFault) as refusal:
        await received(http, f"{url}/{name}", max_bytes=MIB, timeout=0.3)
    assert refusal.value.fault.kind is FaultKind.NO_ANSWER


async def test_a_redirect_is_followed_and_carries_nothing(http: Transport, url: str, heard: list[Exchange]) -> None:
    async with http.receive(f"{url}/moved", max_bytes=MIB, follow=1) as answer:
        seen = b"".join([chunk async for chunk in answer.chunks]).decode()
    assert "accept-encoding=identity" in seen
    assert "cookie" not in seen
    assert "authorization" not in seen
    assert [one.status for one in heard] == [307, 200]


async def test_a_refusal_is_an_answer(http: Transport, url: str) -> None:
    async with http.receive(f"{url}/none", max_bytes=MIB) as answer:
        assert (answer.status, answer.ok) == (404, False)


@pytest.mark.parametrize(
    ("name", "kind"), [("round", FaultKind.UNEXPECTED_ANSWER), ("inside", FaultKind.FORBIDDEN_ADDRESS)]
)
async def test_a_redirect_is_guarded(http: Transport, url: str, name: str, kind: FaultKind) -> None:
    with pytest.raises(PlatformFault) as refusal:
        async with http.receive(f"{url}/{name}", max_bytes=MIB, follow=3):
            raise AssertionError("an answer was given")
    assert refusal.value.fault.kind is kind


async def test_nobody_there_is_unreachable(http: Transport, heard: list[Exchange]) -> None:
    sock, origin = listener()
    sock.close()
    with pytest.raises(PlatformFault) as refusal:
        async with http.receive(f"{origin}/x", max_bytes=MIB):
            raise AssertionError("an answer was given")
    assert refusal.value.fault.kind is FaultKind.UNREACHABLE
    assert [one.code for one in heard] == ["unreachable"]
