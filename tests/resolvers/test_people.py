"""Signing in, staying signed in and leaving, as clients meet it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from app.domain.people.roles import Role
from app.domain.people.session_model import ACCESS_LIFE, GRACE, LIFE
from app.flows.people import enter
from app.kernel.settings import Environment
from app.services.passwords import Checked
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.people import KEPT, PASSWORD, SIGNED_IN, Door, Someone, door_of, someone
from tests.fixtures.world import World

VIEWER = "{ viewer { tenant { slug } scopes key { id } } }"


async def test_who_signs_in_may_do_what_their_role_says(door: Door) -> None:
    pat = await someone(door.world, Role.PUBLISHER)
    await door.sign_in(pat)
    viewer = (await door.ask(VIEWER))["viewer"]
    assert viewer["scopes"] == ["PUBLISH", "READ", "WRITE_POSTS"]
    assert viewer["key"] is None
    refused = (await door.post('mutation { createApiKey(input: {name: "x", scopes: [READ]}) { __typename } }')).json()
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(door: Door) -> None:
    pat = await someone(door.world)
    wrong = await door.do("signIn", address=pat.address, password="not the password")
    unknown = await door.do("signIn", address="nobody@example.org", password=PASSWORD)
    assert wrong == unknown
    assert wrong["__typename"] == "SignInRefused"
    assert await door.world.owner.fetchval("SELECT count(*) FROM sessions WHERE person_id = $1", pat.id) == 0


async def test_an_address_that_nobody_has_costs_a_hash_as_well(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str | None] = []

    async def spy(_password: object, kept: str | None) -> Checked:
        compared.append(kept)
        return Checked(right=False)

    monkeypatch.setattr(enter, "compared", spy)
    pat = await someone(door.world)
    for address in (pat.address, "nobody@example.org"):
        await door.do("signIn", address=address, password=PASSWORD)
    assert compared == [KEPT, None]


async def test_an_address_is_the_same_in_any_case(door: Door) -> None:
    pat = await someone(door.world)
    await door.sign_in(Someone(pat.id, pat.address.upper()))
    assert (await door.post(VIEWER)).status_code == 200


async def test_tries_of_one_address_are_limited_and_a_right_password_then_waits_too(door: Door) -> None:
    pat = await someone(door.world)
    for _ in range(5):
        assert (await door.do("signIn", address=pat.address, password="wrong"))["code"] == "SIGN_IN_REFUSED"
    fields = "... on TooManyTries { retryAfter }"
    found = await door.do("signIn", fields, address=pat.address, password=PASSWORD)
    assert (found["__typename"], found["code"]) == ("TooManyTries", "TOO_MANY_TRIES")
    assert 1 <= found["retryAfter"] <= 13
    assert await door.world.owner.fetchval("SELECT count(*) FROM sessions WHERE person_id = $1", pat.id) == 0


async def test_an_access_token_ends_after_a_quarter_of_an_hour(door: Door) -> None:
    await door.sign_in(await someone(door.world))
    assert (await door.post(VIEWER)).status_code == 200
    door.world.clock.ahead = ACCESS_LIFE
    assert (await door.post(VIEWER)).status_code == 401


async def test_a_refresh_token_gives_the_next_ones_and_the_old_access_token_ends(door: Door) -> None:
    first = await door.sign_in(await someone(door.world))
    second = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    assert second["__typename"] == "SignedIn"
    assert second["sessionExpiresAt"] == first["sessionExpiresAt"]
    assert [await door.opens(one["accessToken"]) for one in (first, second)] == [False, True]


async def test_an_answer_that_was_lost_is_given_again_for_ten_seconds(door: Door) -> None:
    first = await door.sign_in(await someone(door.world))
    lost = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    door.world.clock.ahead = GRACE - timedelta(seconds=2)
    again = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    assert again["__typename"] == "SignedIn"
    assert [await door.opens(one["accessToken"]) for one in (lost, again)] == [False, True]


async def test_a_refresh_token_that_was_used_before_ends_the_whole_session(door: Door) -> None:
    pat = await someone(door.world)
    first = await door.sign_in(pat)
    second = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    door.world.clock.ahead = GRACE + timedelta(seconds=1)
    assert (await door.do("refreshSession", refreshToken=first["refreshToken"]))["code"] == "SESSION_ENDED"
    assert not await door.opens(second["accessToken"])
    assert (await door.do("refreshSession", refreshToken=second["refreshToken"]))["code"] == "SESSION_ENDED"
    other = await door.sign_in(pat)
    assert await door.opens(other["accessToken"])


async def test_the_tokens_of_a_lost_answer_end_the_session_when_they_turn_up(door: Door) -> None:
    first = await door.sign_in(await someone(door.world))
    lost = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    again = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    assert (await door.do("refreshSession", refreshToken=lost["refreshToken"]))["code"] == "SESSION_ENDED"
    assert not await door.opens(again["accessToken"])


async def test_no_refresh_makes_a_session_last_longer_than_its_life(door: Door) -> None:
    first = await door.sign_in(await someone(door.world))
    door.world.clock.ahead = LIFE - timedelta(minutes=5)
    late = await door.do("refreshSession", SIGNED_IN, refreshToken=first["refreshToken"])
    assert late["accessExpiresAt"] == late["sessionExpiresAt"] == first["sessionExpiresAt"]
    door.world.clock.ahead = LIFE
    assert (await door.do("refreshSession", refreshToken=late["refreshToken"]))["code"] == "SESSION_ENDED"


async def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(door: Door) -> None:
    given = await door.sign_in(await someone(door.world))
    assert (await door.do("refreshSession", refreshToken=given["accessToken"]))["code"] == "SESSION_ENDED"
    assert not await door.opens(given["refreshToken"])
    assert await door.opens(given["accessToken"])


async def test_tokens_and_passwords_are_nowhere_kept(door: Door) -> None:
    given = await door.sign_in(await someone(door.world))
    for table in ("sessions", "people"):
        rows = await door.world.owner.fetchval(f"SELECT string_agg(t::text, '') FROM {table} t")
        for secret in (given["accessToken"], given["refreshToken"]):
            assert secret.split("_")[-1][:43] not in rows
        assert PASSWORD not in rows


async def test_sign_out_ends_this_session_and_no_other(door: Door) -> None:
    pat = await someone(door.world)
    other, mine = await door.sign_in(pat), await door.sign_in(pat)
    assert await door.do("signOut", "... on SignedOut { sessions }") == {"__typename": "SignedOut", "sessions": 1}
    assert [await door.opens(one["accessToken"]) for one in (other, mine)] == [True, False]
    assert (await door.do("refreshSession", refreshToken=mine["refreshToken"]))["code"] == "SESSION_ENDED"


async def test_a_session_is_ended_from_another_one_and_nobody_elses_is(door: Door) -> None:
    pat, stranger = await someone(door.world), await someone(door.world)
    theirs = await door.sign_in(stranger)
    mine = await door.sign_in(pat)
    other = await door.sign_in(pat)
    listed = (await door.ask("{ viewer { sessions { id current } } }"))["viewer"]["sessions"]
    assert [one["current"] for one in listed] == [True, False]
    assert (await door.do("signOut", sessionId=listed[1]["id"]))["__typename"] == "SignedOut"
    assert [await door.opens(one["accessToken"]) for one in (mine, other)] == [False, True]
    assert (await door.do("signOut", sessionId=listed[1]["id"]))["__typename"] == "NotFound"
    row = await door.world.owner.fetchval("SELECT id FROM sessions WHERE person_id = $1", stranger.id)
    assert (await door.do("signOut", sessionId=encode("Session", row)))["__typename"] == "NotFound"
    assert await door.opens(theirs["accessToken"])


async def test_all_other_sessions_are_ended_and_this_one_goes_on(door: Door) -> None:
    pat = await someone(door.world)
    given = [await door.sign_in(pat) for _ in range(3)]
    found = await door.do("signOutEverywhere", "... on SignedOut { sessions }", keepThis=True)
    assert found["sessions"] == 2
    assert [await door.opens(one["accessToken"]) for one in given] == [False, False, True]


async def test_sign_out_everywhere_ends_every_session_and_is_kept_in_the_audit_log(door: Door) -> None:
    pat = await someone(door.world)
    given = [await door.sign_in(pat) for _ in range(3)]
    found = await door.do("signOutEverywhere", "... on SignedOut { sessions }")
    assert found == {"__typename": "SignedOut", "sessions": 3}
    assert [await door.opens(one["accessToken"]) for one in given] == [False] * 3
    verbs = await door.world.owner.fetch("SELECT verb, actor FROM audit_log WHERE subject_id = $1", pat.id)
    assert [tuple(row) for row in verbs] == [("person.sign_out_everywhere", f"person:{pat.id}")]


async def test_who_was_disabled_is_out_at_once_and_does_not_come_in(door: Door) -> None:
    pat = await someone(door.world)
    given = await door.sign_in(pat)
    await door.world.owner.execute("UPDATE people SET disabled_at = now() WHERE id = $1", pat.id)
    assert not await door.opens(given["accessToken"])
    assert (await door.do("signIn", address=pat.address, password=PASSWORD))["code"] == "SIGN_IN_REFUSED"


async def test_a_hash_of_old_parameters_is_made_anew(door: Door) -> None:
    pat = await someone(door.world)
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await door.world.owner.execute("UPDATE people SET password_hash = $2 WHERE id = $1", pat.id, old)
    await door.sign_in(pat)
    kept = await door.world.owner.fetchval("SELECT password_hash FROM people WHERE id = $1", pat.id)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


NEW = {"password": PASSWORD, "name": "Sam", "workspace": "Äpfel & Co"}


async def test_a_stranger_opens_a_workspace_and_is_its_administrator(door: Door) -> None:
    address = f"sam{door.place}@example.org"
    assert (await door.do("signUp", "... on SignedUp { address }", address=address, **NEW))["address"] == address
    await door.sign_in(Someone(door.world.tenant, address))
    viewer = (await door.ask("{ viewer { tenant { name slug } scopes } }"))["viewer"]
    assert viewer["tenant"]["name"] == "Äpfel & Co"
    assert viewer["tenant"]["slug"].startswith("apfel-co-")
    assert viewer["scopes"] == ["ADMIN", "CONNECTIONS", "PUBLISH", "READ", "WRITE_POSTS"]


async def test_signing_up_tells_nothing_of_an_address_that_is_known_and_makes_nothing(door: Door) -> None:
    pat = await someone(door.world)
    before = await door.world.owner.fetchval("SELECT count(*) FROM tenants")
    found = await door.do("signUp", "... on SignedUp { address }", address=pat.address, **NEW)
    assert found == {"__typename": "SignedUp", "address": pat.address}
    assert await door.world.owner.fetchval("SELECT count(*) FROM tenants") == before


async def test_a_password_that_is_too_short_opens_no_workspace(door: Door) -> None:
    found = await door.do("signUp", address="new@example.org", **{**NEW, "password": "short"})
    assert (found["code"], found["path"]) == ("INVALID_INPUT", ["input", "password"])
    assert await door.world.owner.fetchval("SELECT count(*) FROM people WHERE address = 'new@example.org'") == 0


async def test_production_is_closed_to_strangers_unless_a_setting_says_otherwise(live_world: World) -> None:
    for changes, kind in (({}, "SignUpClosed"), ({"sign_up": True}, "SignedUp")):
        async with door_of(live_world, environment=Environment.PRODUCTION, **changes) as door:
            found = await door.do("signUp", address=f"x{door.place}@example.org", **NEW)
            assert found["__typename"] == kind


async def test_a_key_does_not_sign_out(door: Door, graph: Graph) -> None:
    door.token = graph.key.presented
    assert (await door.do("signOut"))["__typename"] == "NotAPerson"
    assert await door.opens(graph.key.presented)


async def test_strangers_ask_for_nothing_but_what_is_open(door: Door) -> None:
    open_one = 'refreshSession(input: {refreshToken: "x"}) { __typename }'
    asked = {
        "{ viewer { scopes } }": 401,
        "{ __schema { types { name } } }": 401,
        "{ __typename }": 401,
        "{ viewr }": 401,
        "{ not a document": 401,
        f"mutation {{ {open_one} signOut(input: {{}}) {{ __typename }} }}": 401,
        f"mutation {{ ...A }} fragment A on Mutation {{ {open_one} signOut(input: {{}}) {{ __typename }} }}": 401,
        f"mutation {{ ... on Mutation {{ {open_one} }} }}": 200,
        f"mutation {{ {open_one} }}": 200,
    }
    assert {query: (await door.post(query)).status_code for query in asked} == asked
