from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from connectors.exchanges import Exchange
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.http_pool import HttpPool
from connectors.secret import Secret
from connectors.transport import Answer, Transport
from tests.connectors.loopback import LOOPBACK, Received, always, answer, hang_up, routes, serve, stay_silent


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool(egress=LOOPBACK) as opened:
        yield opened


async def refused_port() -> int:
    listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port: int = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    return port


async def test_an_answer_carries_status_headers_body_and_address(pool: HttpPool) -> None:
    async with serve(always(201, b'{"id":"1"}', X_Thing="a")) as server:
        got = await Transport(pool).send("get", f"{server.url}/posts?b=2", params={"a": ["1", "x y"]})
    assert got == Answer(
        201,
        {"content-type": "application/json", "content-length": "10", "x-thing": "a"},
        b'{"id":"1"}',
        f"{server.url}/posts?b=2&a=1&a=x+y",
    )
    assert got.ok
    assert got.json() == {"id": "1"}
    assert got.effect is Effect.NONE
    assert server.received[0].method == "GET"
    assert server.received[0].target == "/posts?b=2&a=1&a=x+y"
    assert server.received[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_a_refusal_is_an_answer_not_an_exception(pool: HttpPool, status: int) -> None:
    async with serve(always(status)) as server:
        got = await Transport(pool).send("POST", server.url, effect=True)
    assert (got.status, got.ok, got.effect) == (status, False, Effect.UNKNOWN)


async def test_the_token_goes_out_as_a_bearer_and_does_not_show_in_the_answer(pool: HttpPool) -> None:
    async with serve(always(200, b'{"access_token":"hidden"}')) as server:
        got = await Transport(pool).send("GET", server.url, token=Secret("t0ken"), headers={"X-One": "1"})
    assert server.received[0].headers["authorization"] == "Bearer t0ken"
    assert server.received[0].headers["x-one"] == "1"
    assert repr(got) == "Answer(status=200, effect=<Effect.NONE: 'none'>)"


async def test_no_json_where_json_was_expected_keeps_the_effect(pool: HttpPool) -> None:
    async with serve(always(200, b"<html>")) as server:
        got = await Transport(pool).send("POST", server.url, effect=True)
    with pytest.raises(PlatformFault) as caught:
        got.json()
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER
    assert caught.value.fault.effect is Effect.UNKNOWN
    assert caught.value.fault.status == 200


async def test_a_refused_connection_was_not_sent(pool: HttpPool) -> None:
    seen: list[Exchange] = []
    asked: list[bool] = []
    url = f"http://127.0.0.1:{await refused_port()}/"
    with pytest.raises(PlatformFault) as caught:
        await Transport(pool, seen.append, lambda: asked.append(True)).send("POST", url, json={}, effect=True)
    assert caught.value.fault.kind is FaultKind.UNREACHABLE
    assert caught.value.fault.effect is Effect.NONE
    assert asked == []
    assert [(item.sent, item.status, item.code) for item in seen] == [(False, None, "unreachable")]


@pytest.mark.parametrize(("effect", "expected"), [(True, Effect.UNKNOWN), (False, Effect.NONE)])
async def test_a_connection_that_drops_after_the_request_gives_no_answer(
    pool: HttpPool, effect: bool, expected: Effect
) -> None:
    seen: list[Exchange] = []
    async with serve(hang_up) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool, seen.append).send("POST", server.url, json={"a": 1}, effect=effect)
    assert caught.value.fault.kind is FaultKind.NO_ANSWER
    assert caught.value.fault.effect is expected
    assert [item.body for item in server.received] == [b'{"a":1}']
    assert [(item.sent, item.status, item.code) for item in seen] == [(True, None, "no_answer")]


async def test_silence_after_the_request_ends_with_the_total_timeout(pool: HttpPool) -> None:
    async with serve(stay_silent) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, effect=True, timeout=0.2)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.NO_ANSWER, Effect.UNKNOWN)
    assert caught.value.fault.message == "The platform took too long to answer."


async def test_a_dripping_body_ends_with_the_total_timeout(pool: HttpPool) -> None:
    async def drip(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serve(drip) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, effect=True, timeout=0.3)
    fault = caught.value.fault
    assert (fault.kind, fault.effect, fault.status) == (FaultKind.NO_ANSWER, Effect.UNKNOWN, 200)


async def test_a_timeout_before_the_request_left_proves_that_nothing_was_sent(pool: HttpPool) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # takes the TLS hello and never answers it
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    asked: list[bool] = []
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
    with pytest.raises(PlatformFault) as caught:
        await Transport(pool, None, lambda: asked.append(True)).send("POST", url, effect=True, timeout=0.2)
    listener.close()
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.UNREACHABLE, Effect.NONE)
    assert asked == []
    gc.collect()  # a socket that was left open would show itself as a ResourceWarning


async def test_a_refusal_with_a_broken_body_still_proves_a_refusal(pool: HttpPool) -> None:
    async def cut(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 422 No\r\ncontent-length: 50\r\n\r\nonly this")
        writer.close()

    async with serve(cut) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, effect=True)
    fault = caught.value.fault
    assert (fault.kind, fault.effect, fault.status) == (FaultKind.NO_ANSWER, Effect.NONE, 422)


async def test_before_effect_runs_once_connected_and_before_the_first_byte(pool: HttpPool) -> None:
    async with serve(always()) as server:
        moments: list[tuple[int, int]] = []

        async def check() -> None:
            await server.connected.wait()
            moments.append((server.accepted, len(server.received)))

        await Transport(pool, None, check).send("POST", server.url, json={}, effect=True)
        assert len(server.received) == 1
    assert moments == [(1, 0)]


async def test_before_effect_is_not_asked_for_other_requests(pool: HttpPool) -> None:
    asked: list[bool] = []
    async with serve(always()) as server:
        await Transport(pool, None, lambda: asked.append(True)).send("POST", server.url, json={})
    assert asked == []


async def test_before_effect_can_refuse_and_then_nothing_is_sent(pool: HttpPool) -> None:
    class TooLate(Exception):
        pass

    def check() -> None:
        raise TooLate

    seen: list[Exchange] = []
    async with serve(always()) as server:
        with pytest.raises(TooLate):
            await Transport(pool, seen.append, check).send("POST", server.url, json={}, effect=True)
        await Transport(pool).send("GET", f"{server.url}/after")  # the pool has lost nothing
    assert [item.target for item in server.received] == ["/after"]
    assert [(item.sent, item.code) for item in seen] == [(False, "TooLate")]


async def test_cancellation_from_outside_goes_through_and_is_recorded(pool: HttpPool) -> None:
    seen: list[Exchange] = []
    async with serve(stay_silent) as server:
        call = asyncio.create_task(Transport(pool, seen.append).send("POST", server.url, effect=True))
        await server.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert [(item.sent, item.code) for item in seen] == [(True, "cancelled")]


async def test_a_busy_pool_is_our_own_trouble_and_says_so() -> None:
    async with HttpPool(egress=LOOPBACK, connections=1, wait=0.1) as narrow, serve(stay_silent) as server:
        first = asyncio.create_task(Transport(narrow).send("GET", server.url))
        await server.asked.wait()
        with pytest.raises(PlatformFault) as caught:
            await Transport(narrow).send("POST", server.url, effect=True)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    fault = caught.value.fault
    assert (fault.kind, fault.effect, fault.code) == (FaultKind.UNREACHABLE, Effect.NONE, "pool_timeout")


async def test_a_header_that_cannot_be_written_was_not_sent(pool: HttpPool) -> None:
    async with serve(always()) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, token=Secret("a\r\nb: c"), effect=True)
        assert server.received == []
    fault = caught.value.fault
    assert (fault.kind, fault.effect, fault.code) == (FaultKind.UNREACHABLE, Effect.NONE, "invalid_request")


class StorageGone(Exception):
    pass


async def broken() -> AsyncIterator[bytes]:
    yield b"first"
    raise StorageGone


async def test_a_body_that_cannot_be_read_is_the_readers_own_error(pool: HttpPool) -> None:
    async with serve(always()) as server:
        with pytest.raises(StorageGone):
            await Transport(pool).send("POST", server.url, content=broken(), content_length=10)


async def test_a_body_that_breaks_off_inside_the_irreversible_request_is_unknown(pool: HttpPool) -> None:
    async with serve(always()) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, content=broken(), content_length=10, effect=True)
    assert (caught.value.fault.kind, caught.value.fault.effect) == (FaultKind.NO_ANSWER, Effect.UNKNOWN)
    assert isinstance(caught.value.__cause__, StorageGone)


async def test_an_oversized_answer_is_refused_with_the_effect_it_may_have_had(pool: HttpPool) -> None:
    async with serve(always(200, b"x" * 2_000)) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("POST", server.url, effect=True, max_bytes=1_999)
    fault = caught.value.fault
    assert (fault.kind, fault.effect) == (FaultKind.UNEXPECTED_ANSWER, Effect.UNKNOWN)
    assert fault.message == "The answer is larger than 1999 bytes."


async def test_an_answer_of_exactly_the_cap_is_read(pool: HttpPool) -> None:
    async with serve(always(200, b"x" * 2_000)) as server:
        got = await Transport(pool).send("GET", server.url, max_bytes=2_000)
    assert len(got.body) == 2_000


async def test_head_gives_the_stated_length_and_no_body(pool: HttpPool) -> None:
    async with serve(routes({"/big": b"HTTP/1.1 200 OK\r\ncontent-length: 20000000000\r\n\r\n"})) as server:
        got = await Transport(pool).send("HEAD", f"{server.url}/big")
    assert (got.headers["content-length"], got.body) == ("20000000000", b"")


async def test_twenty_stated_gigabytes_are_refused_before_the_first_byte(pool: HttpPool) -> None:
    async with serve(routes({"/big": b"HTTP/1.1 200 OK\r\ncontent-length: 20000000000\r\n\r\n"})) as server:
        with pytest.raises(PlatformFault) as caught:
            await Transport(pool).send("GET", f"{server.url}/big")
    assert caught.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_cookies_are_not_kept(pool: HttpPool) -> None:
    async with serve(always(200, b"{}", Set_Cookie="session=1; Path=/")) as server:
        for _ in range(2):
            await Transport(pool).send("GET", server.url)
    assert server.accepted == 1
    assert ["cookie" in item.headers for item in server.received] == [False, False]


async def test_the_timeline_shows_the_exchange_without_secrets(pool: HttpPool) -> None:
    seen: list[Exchange] = []
    async with serve(routes({"/t?code=abc": answer(400, b'{"error":"invalid_grant","refresh_token":"r"}')})) as server:
        await Transport(pool, seen.append).send(
            "POST", f"{server.url}/t?code=abc", form={"client_secret": "s", "a": "1"}, token=Secret("t")
        )
    [item] = seen
    assert item == Exchange(
        method="POST",
        url=f"{server.url}/t?code=•••",
        ms=item.ms,
        sent=True,
        status=400,
        request='{"client_secret":"•••","a":"1"}',
        response='{"error":"invalid_grant","refresh_token":"•••"}',
        code="invalid_grant",
    )
