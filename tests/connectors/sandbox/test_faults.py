"""Which requests a fault hits, and what it does to them, over real HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from connectors.sandbox.faults import FaultBoard, FaultKind, FaultOrder
from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import BlueskyClient, Control

PUT = "/xrpc/com.atproto.repo.putRecord"


@pytest.fixture
async def alice(sandbox: Sandbox, http: httpx2.AsyncClient) -> BlueskyClient:
    client = BlueskyClient(http, sandbox.bluesky_url)
    await client.log_in()
    return client


class TestMatching:
    """Without HTTP."""

    def board(self, **order: Any) -> FaultBoard:
        board = FaultBoard()
        board.order(FaultOrder(FaultKind.DELAY, **order))
        return board

    def test_a_fault_without_conditions_hits_the_next_request_only(self) -> None:
        board = self.board()
        assert board.take("mastodon", "GET", "/x", None) is not None
        assert board.take("mastodon", "GET", "/x", None) is None

    @pytest.mark.parametrize(
        "order", [{"platform": "bluesky"}, {"method": "POST"}, {"path": "/y*"}, {"account": "alice.test"}]
    )
    def test_a_condition_that_does_not_hold_lets_the_request_pass(self, order: dict[str, str]) -> None:
        assert self.board(**order).take("mastodon", "GET", "/x", "bob") is None

    def test_skip_lets_matching_requests_pass_first(self) -> None:
        board = self.board(skip=2)
        hits = [board.take("mastodon", "GET", "/x", None) is not None for _ in range(4)]
        assert hits == [False, False, True, False]

    def test_times_null_never_ends(self) -> None:
        board = self.board(times=None)
        assert all(board.take("mastodon", "GET", "/x", None) for _ in range(5))

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "kind is one of"),
            ({"kind": "explode"}, "kind is one of"),
            ({"kind": "hold", "nth": 1}, "unknown field 'nth'"),
            ({"kind": "hold", "times": 0}, "times is"),
            ({"kind": "hold", "skip": True}, "skip is"),
            ({"kind": "status", "status": 99}, "status is"),
            ({"kind": "status", "headers": {"retry-after": 3}}, "headers is"),
        ],
    )
    def test_a_wrong_order_is_refused_with_a_reason(self, body: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            FaultOrder.of(body)


async def test_drop_before_effect_closes_the_connection_and_does_nothing(
    alice: BlueskyClient, control: Control
) -> None:
    await control.fault("drop_before_effect", path=PUT)
    with pytest.raises(httpx2.TransportError):
        await alice.put()
    assert await control.texts("bluesky") == []


async def test_drop_after_effect_closes_the_connection_when_it_is_done(alice: BlueskyClient, control: Control) -> None:
    await control.fault("drop_after_effect", path=PUT)
    with pytest.raises(httpx2.TransportError):
        await alice.put("once")
    assert await control.texts("bluesky") == ["once"]
    requests = (await control.ask("GET", f"/requests?path={PUT}"))["requests"]
    assert [(line["outcome"], line["status"], line["fault"]) for line in requests] == [("dropped", None, "f1")]


async def test_status_answers_with_headers_and_does_nothing(alice: BlueskyClient, control: Control) -> None:
    await control.fault("status", path=PUT, status=429, headers={"Retry-After": "7"})
    answer = await alice.put()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert await control.texts("bluesky") == []


async def test_error_after_effect_acts_and_answers_500(alice: BlueskyClient, control: Control) -> None:
    await control.fault("error_after_effect", path=PUT)
    answer = await alice.put("done")
    assert (answer.status_code, answer.json()["error"]) == (500, "InternalServerError")
    assert await control.texts("bluesky") == ["done"]


async def test_wrong_json_acts_and_answers_nonsense(alice: BlueskyClient, control: Control) -> None:
    await control.fault("wrong_json", path=PUT, body="<html>proxy</html>")
    answer = await alice.put("done")
    assert (answer.status_code, answer.text) == (200, "<html>proxy</html>")
    assert await control.texts("bluesky") == ["done"]


async def test_drip_sends_the_whole_answer_in_pieces(alice: BlueskyClient, control: Control) -> None:
    await control.fault("drip", path=PUT, seconds=0)
    answer = await alice.put("slow")
    assert answer.json()["validationStatus"] == "valid"


async def test_delay_acts_later(alice: BlueskyClient, control: Control) -> None:
    await control.fault("delay", path=PUT, seconds=0.01)
    assert (await alice.put()).status_code == 200


async def test_expire_token_makes_the_platform_refuse_the_token_from_then_on(
    alice: BlueskyClient, control: Control
) -> None:
    await control.fault("expire_token", path=PUT)
    for _ in range(2):
        answer = await alice.put()
        assert (answer.status_code, answer.json()["error"]) == (400, "ExpiredToken")
    alice.session = (await alice.post("server.refreshSession", token=alice.session["refreshJwt"])).json()
    assert (await alice.put()).status_code == 200


async def test_a_held_request_acts_when_it_is_released(alice: BlueskyClient, control: Control) -> None:
    fault = await control.fault("hold", path=PUT)
    request = asyncio.create_task(alice.put("held"))
    state = await control.ask("GET", f"/faults/{fault}?hits=1")
    assert (state["held"], await control.texts("bluesky")) == (1, [])
    await control.ask("POST", f"/faults/{fault}/release", {"how": "act"})
    assert (await request).status_code == 200
    assert await control.texts("bluesky") == ["held"]


async def test_a_held_request_can_be_dropped(alice: BlueskyClient, control: Control) -> None:
    fault = await control.fault("hold", path=PUT)
    request = asyncio.create_task(alice.put("held"))
    await control.ask("GET", f"/faults/{fault}?hits=1")
    await control.ask("POST", f"/faults/{fault}/release", {"how": "drop"})
    with pytest.raises(httpx2.TransportError):
        await request
    assert await control.texts("bluesky") == []


async def test_a_held_request_acts_although_its_sender_has_gone(alice: BlueskyClient, control: Control) -> None:
    fault = await control.fault("hold", path=PUT)
    request = asyncio.create_task(alice.put("orphan"))
    await control.ask("GET", f"/faults/{fault}?hits=1")
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await control.ask("POST", f"/faults/{fault}/release", {"how": "act"})
    assert await control.texts("bluesky") == ["orphan"]


async def test_hold_answer_has_acted_while_it_holds(alice: BlueskyClient, control: Control) -> None:
    fault = await control.fault("hold_answer", path=PUT)
    request = asyncio.create_task(alice.put("there"))
    await control.ask("GET", f"/faults/{fault}?hits=1")
    assert await control.texts("bluesky") == ["there"]
    await control.ask("DELETE", f"/faults/{fault}")
    assert (await request).status_code == 200


async def test_a_fault_for_another_account_lets_the_request_pass(alice: BlueskyClient, control: Control) -> None:
    await control.fault("drop_before_effect", path=PUT, account="bakery.test")
    assert (await alice.put()).status_code == 200
