"""The session of a page: a cookie that no script can read, and that no other site's page can use."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from app.domain.keys.model import Scope
from app.domain.people.roles import Role
from app.domain.people.session_model import COOKIE_LIFE
from tests.fixtures.graph import Graph, Socket, served
from tests.fixtures.people import Door, Someone, door_of, someone
from tests.fixtures.world import World

OWN = {"sec-fetch-site": "same-origin"}
VIEWER = "{ viewer { scopes } }"


async def sign_in(door: Door, who: Someone, **headers: str) -> httpx2.Response:
    body = {"address": who.address, "password": who.password}
    return await door.http.post("/session", json=body, headers=headers or OWN)


async def test_a_page_signs_in_and_asks_with_its_cookie(door: Door) -> None:
    pat = await someone(door.world, Role.EDITOR)
    answer = await sign_in(door, pat)
    assert (answer.status_code, answer.json()["asPerson"]) == (200, True)
    (cookie,) = answer.headers.get_list("set-cookie")
    name, _, rest = cookie.partition("=")
    assert name == "postd-session"
    assert rest.split("; ")[1:] == ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=lax"]
    found = await door.post(VIEWER, OWN)
    assert found.json()["data"]["viewer"]["scopes"] == ["READ", "WRITE_POSTS"]


async def test_over_https_the_cookie_is_for_this_host_alone(live_world: World) -> None:
    async with door_of(live_world, public_url="https://postd.example") as door:
        answer = await sign_in(door, await someone(door.world))
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-postd=postd_cs_")
        assert cookie.split("; ")[1:] == ["HttpOnly", "Max-Age=1209600", "Path=/", "SameSite=lax", "Secure"]
        assert (await door.post(VIEWER, OWN)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "cross-site"}])
async def test_a_cookie_alone_does_nothing(door: Door, headers: dict[str, str]) -> None:
    pat = await someone(door.world)
    await sign_in(door, pat)
    for answer in (
        await door.post(VIEWER, headers),
        await door.http.post("/session", json={"address": pat.address, "password": pat.password}, headers=headers),
        await door.http.delete("/session", headers=headers),
    ):
        assert answer.status_code == 403
        assert "FOREIGN_PAGE" in answer.text
        assert "set-cookie" not in answer.headers
    assert (await door.post(VIEWER, {"x-postd-client": "planner"})).status_code == 200


async def test_a_key_in_the_header_comes_before_the_cookie(door: Door, graph: Graph) -> None:
    await sign_in(door, await someone(door.world, Role.VIEWER))
    door.token = (await graph.new_key([Scope.READ, Scope.ADMIN])).presented
    assert (await door.ask(VIEWER))["viewer"]["scopes"] == ["ADMIN", "READ"]


async def test_signing_out_ends_the_session_on_the_server_too(door: Door) -> None:
    cookie = (await sign_in(door, await someone(door.world))).headers["set-cookie"].partition(";")[0]
    answer = await door.http.delete("/session", headers=OWN)
    assert (answer.status_code, answer.headers["set-cookie"].partition(";")[0]) == (204, 'postd-session=""')
    kept = await door.http.post("/graphql", json={"query": VIEWER}, headers={**OWN, "cookie": cookie})
    assert kept.status_code == 401


async def test_a_session_ends_by_itself(door: Door) -> None:
    await sign_in(door, await someone(door.world))
    door.world.clock.ahead = COOKIE_LIFE
    assert (await door.post(VIEWER, OWN)).status_code == 401


async def test_a_cookie_that_has_ended_keeps_nobody_from_signing_in(door: Door) -> None:
    pat = await someone(door.world)
    await sign_in(door, pat)
    door.world.clock.ahead = COOKIE_LIFE
    found = (await door.post('mutation { refreshSession(input: {refreshToken: "x"}) { __typename } }', OWN)).json()
    assert found["data"]["refreshSession"]["__typename"] == "SessionEnded"
    assert (await sign_in(door, pat)).status_code == 200


async def test_a_page_exchanges_a_key_for_a_cookie_that_ends_with_the_key(door: Door, graph: Graph) -> None:
    key = await graph.new_key([Scope.READ])
    answer = await door.http.post("/session", json={"apiKey": key.presented}, headers=OWN)
    assert (answer.status_code, answer.json()["asPerson"]) == (200, False)
    assert key.presented.split("_")[-1] not in answer.text + str(answer.headers)
    assert (await door.post(VIEWER, OWN)).json()["data"]["viewer"]["scopes"] == ["READ"]
    await door.world.update("api_keys", key.row.id, revoked_at=door.world.clock.now())
    assert (await door.post(VIEWER, OWN)).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"nonsense", 422, "INVALID_INPUT"),
        (b"[]", 422, "INVALID_INPUT"),
        (b'{"address": "a@example.org"}', 422, "INVALID_INPUT"),
        (b'{"address": "no address", "password": "x"}', 422, "INVALID_INPUT"),
        (b'{"address": "nobody@example.org", "password": "x"}', 401, "SIGN_IN_REFUSED"),
        (b'{"apiKey": "postd_live_nonsense"}', 401, "UNAUTHENTICATED"),
    ],
)
async def test_who_is_not_let_in_is_told_why(door: Door, body: bytes, status: int, code: str) -> None:
    answer = await door.http.post("/session", content=body, headers=OWN)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["hint"]
    assert "set-cookie" not in answer.headers


async def test_too_many_tries_are_told_how_long_to_wait(door: Door) -> None:
    pat = await someone(door.world)
    wrong = {"address": pat.address, "password": "wrong"}
    answers = [await door.http.post("/session", json=wrong, headers=OWN) for _ in range(6)]
    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 13


async def socket_of(door: Door, url: str, cookie: str, origin: str, payload: dict[str, Any]) -> int | None:
    """The code with which a socket is closed; None where it was let in, and then was closed by a sign-out."""
    async with connect(
        url,
        subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # a plain string is taken
        origin=origin,  # type: ignore[arg-type]  # a plain string is taken
        additional_headers={"cookie": cookie},
    ) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload=payload)
        try:
            first = await socket.receive()
        except Exception:  # noqa: BLE001 -- however it is closed, its code tells
            return (await socket.closed())[0]
        assert first["type"] == "connection_ack"
        await door.http.delete("/session", headers=OWN)
        assert await socket.closed() == (4403, "The key was revoked.")
        return None


async def test_a_socket_of_our_own_page_is_let_in_by_the_cookie_and_ends_with_it(live_world: World) -> None:
    async with door_of(live_world, allowed_origins=("https://planner.example", "http://127.0.0.1:8000")) as door:
        cookie = (await sign_in(door, await someone(door.world))).headers["set-cookie"].partition(";")[0]
        async with served(door.app) as url:
            # An allowed origin may open sockets with a key of its own; a cookie of ours is not its.
            assert await socket_of(door, url, cookie, "https://planner.example", {}) == 4403
            assert await socket_of(door, url, cookie, "http://127.0.0.1:8000", {"authorization": "Bearer x"}) == 4403
            assert await socket_of(door, url, cookie, "http://127.0.0.1:8000", {}) is None
