"""Sessions by app password: lifetimes, rotation with grace, logout, limits."""

from __future__ import annotations

from connectors.sandbox.bluesky.lexicon import check_output
from tests.connectors.sandbox.clients import BlueskyClient, Control

HOUR = 3600


async def test_a_session_has_what_the_lexicon_promises(alice: BlueskyClient) -> None:
    check_output("com.atproto.server.createSession", alice.session)
    shown = await alice.get("com.atproto.server.getSession")
    check_output("com.atproto.server.getSession", shown.json())
    assert shown.json()["did"] == alice.did


async def test_a_wrong_password_is_refused(alice: BlueskyClient) -> None:
    answer = await alice.log_in(password="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "AuthenticationRequired")


async def test_a_request_without_a_token_is_refused(alice: BlueskyClient) -> None:
    alice.session.pop("accessJwt")
    answer = await alice.get("com.atproto.server.getSession")
    assert (answer.status_code, answer.json()["error"]) == (401, "AuthMissing")


async def test_an_access_token_lives_two_hours(alice: BlueskyClient, control: Control) -> None:
    await control.ask("POST", "/clock", {"advance": 2 * HOUR - 60})
    assert (await alice.get("com.atproto.server.getSession")).status_code == 200
    await control.ask("POST", "/clock", {"advance": 61})
    answer = await alice.get("com.atproto.server.getSession")
    assert (answer.status_code, answer.json()) == (400, {"error": "ExpiredToken", "message": "Token has expired"})


async def test_a_refresh_gives_a_new_pair(alice: BlueskyClient) -> None:
    answer = await alice.post("server.refreshSession", token=alice.session["refreshJwt"])
    check_output("com.atproto.server.refreshSession", answer.json())
    assert answer.json()["refreshJwt"] != alice.session["refreshJwt"]
    assert (await alice.get("com.atproto.server.getSession", token=answer.json()["accessJwt"])).status_code == 200


async def test_an_access_token_does_not_refresh(alice: BlueskyClient) -> None:
    answer = await alice.post("server.refreshSession", token=alice.session["accessJwt"])
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidToken")


async def test_a_used_refresh_token_works_within_the_grace_time_only(alice: BlueskyClient, control: Control) -> None:
    first = alice.session["refreshJwt"]
    assert (await alice.post("server.refreshSession", token=first)).status_code == 200
    assert (await alice.post("server.refreshSession", token=first)).status_code == 200
    await control.ask("POST", "/clock", {"advance": 2 * HOUR + 1})
    answer = await alice.post("server.refreshSession", token=first)
    assert (answer.status_code, answer.json()["message"]) == (400, "Token has been revoked")


async def test_after_logout_the_refresh_token_is_dead(alice: BlueskyClient) -> None:
    refresh = alice.session["refreshJwt"]
    assert (await alice.post("server.deleteSession", token=refresh)).status_code == 200
    answer = await alice.post("server.refreshSession", token=refresh)
    assert (answer.status_code, answer.json()["error"]) == (400, "ExpiredToken")
    assert (await alice.get("com.atproto.server.getSession")).status_code == 200


async def test_logins_are_limited_to_thirty_in_five_minutes(alice: BlueskyClient, control: Control) -> None:
    for _ in range(29):
        last = await alice.log_in()
    assert last.headers["ratelimit-remaining"] == "0"
    answer = await alice.log_in()
    assert (answer.status_code, answer.json()["error"]) == (429, "RateLimitExceeded")
    assert answer.headers["ratelimit-policy"] == "30;w=300"
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    await control.ask("PATCH", "/settings", {"session_limit": False})
    assert (await alice.log_in()).status_code == 200


async def test_a_deactivated_account_logs_in_but_does_not_write(alice: BlueskyClient, control: Control) -> None:
    await control.ask("PATCH", "/accounts", {"platform": "bluesky", "handle": "alice.test", "status": "deactivated"})
    await alice.log_in()
    assert (alice.session["active"], alice.session["status"]) == (False, "deactivated")
    answer = await alice.put()
    assert (answer.status_code, answer.json()["error"]) == (401, "AccountDeactivated")
    assert await control.texts("bluesky") == []
