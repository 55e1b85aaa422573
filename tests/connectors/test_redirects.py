from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connectors.exchanges import Exchange
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Transport
from tests.connectors.loopback import LOOPBACK, always, answer, routes, serve


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool(egress=LOOPBACK) as opened:
        yield opened


async def test_a_redirect_is_an_answer_by_default(pool: HttpPool) -> None:
    async with serve(always(302, b"", Location="/other")) as server:
        got = await Transport(pool).send("GET", server.url)
    assert (got.status, got.headers["location"]) == (302, "/other")
    assert len(server.received) == 1


async def test_redirects_are_followed_as_far_as_asked(pool: HttpPool) -> None:
    seen: list[Exchange] = []
    table = {
        "/a": answer(301, b"", Location="b"),
        "/b": answer(307, b"", Location="/c#part"),
        "/c": answer(200, b'"end"'),
    }
    async with serve(routes(table)) as server:
        got = await Transport(pool, seen.append).send("GET", f"{server.url}/a", follow=2)
    assert (got.json(), got.url) == ("end", f"{server.url}/c")
    assert [item.status for item in seen] == [301, 307, 200]


async def test_one_redirect_too_many_is_a_fault(pool: HttpPool) -> None:
    async with serve(always(302, b"", Location="/again")) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", server.url, follow=2)
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert caught.value.fault.message == "The address redirects more than 2 times."
    assert len(server.received) == 3


async def test_credentials_stay_on_their_origin(pool: HttpPool) -> None:
    async with serve(always()) as there, serve(always(302, b"", Location=f"{there.url}/x")) as here:
        await Transport(pool).send(
            "GET", here.url, token=Secret("t"), headers={"DPoP": "p", "X-Api-Key": "k", "Range": "bytes=0-9"}, follow=1
        )
    assert here.received[0].headers["authorization"] == "Bearer t"
    assert sorted(there.received[0].headers) == ["accept", "accept-encoding", "host", "range", "user-agent"]


async def test_credentials_go_along_on_the_same_origin(pool: HttpPool) -> None:
    async with serve(routes({"/a": answer(302, b"", Location="/b"), "/b": answer()})) as server:
        await Transport(pool).send("GET", f"{server.url}/a", token=Secret("t"), follow=1)
    assert [item.headers["authorization"] for item in server.received] == ["Bearer t", "Bearer t"]


@pytest.mark.parametrize(
    "location",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "http://example.org/",
        "https://user:pass@example.org/",
        "https://example.org:22/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//[",
    ],
)
async def test_a_redirect_to_a_forbidden_address_is_refused(pool: HttpPool, location: str) -> None:
    narrow = pool.egress
    assert narrow.allow == LOOPBACK.allow
    async with serve(
        routes({"/a": answer(302, b"", Location="/b"), "/b": answer(302, b"", Location=location)})
    ) as server:

        async def nobody(host: str, port: int) -> list[str]:
            return ["8.8.8.8"]

        async with HttpPool(egress=type(narrow)(allow=narrow.allow, resolver=nobody)) as guarded:
            with pytest.raises(PlatformFault) as caught:
                await Transport(guarded).send("GET", f"{server.url}/a", follow=5)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.FORBIDDEN_ADDRESS, Effect.NONE)
    assert [item.target for item in server.received] == ["/a", "/b"]


@pytest.mark.parametrize(("method", "effect"), [("POST", False), ("GET", True)])
async def test_only_plain_reads_follow_redirects(pool: HttpPool, method: str, effect: bool) -> None:
    async with serve(always()) as server:
        with pytest.raises(ValueError, match="only GET and HEAD"):
            await Transport(pool).send(method, server.url, follow=1, effect=effect)
    assert server.received == []
