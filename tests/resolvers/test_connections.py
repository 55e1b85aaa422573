from __future__ import annotations

from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

LINK = "... on ConnectionLink { url flowId expiresAt }"


async def test_a_connection_is_started_by_a_link_on_our_own_origin(graph: Graph) -> None:
    answer = await graph.do("startConnection", LINK, platform="mastodon")
    assert answer["__typename"] == "ConnectionLink"
    assert answer["url"].startswith(f"{graph.world.rt.settings.public_url}/connect/")
    assert answer["expiresAt"] > now().isoformat()


ASKED = "... on ConnectionLink { url fields { name label kind required placeholder help } }"


async def test_a_link_says_what_its_page_will_ask_for(graph: Graph) -> None:
    answer = await graph.do("startConnection", ASKED, platform="mastodon", method="OAUTH")
    (platform,) = (
        one
        for one in (
            await graph.ask("{ platforms { key connectBy { fields { name label kind required placeholder help } } } }")
        )["platforms"]
        if one["key"] == "mastodon"
    )
    assert [field["name"] for field in answer["fields"]] == ["instance"]
    assert answer["fields"] == platform["connectBy"][0]["fields"]


async def test_a_field_that_was_given_is_not_asked_for_again_but_a_secret_is(graph: Graph) -> None:
    given = {"platform": "bluesky", "method": "APP_PASSWORD"}
    nothing = await graph.do("startConnection", ASKED, **given)
    handle = await graph.do("startConnection", ASKED, **given, fields=[{"name": "identifier", "value": "a.test"}])
    secret = await graph.do("startConnection", ASKED, **given, fields=[{"name": "password", "value": "canary"}])
    assert [field["name"] for field in nothing["fields"]] == ["identifier", "password", "service"]
    assert [field["name"] for field in handle["fields"]] == ["password", "service"]
    assert [field["name"] for field in secret["fields"]] == ["identifier", "password", "service"]
    assert [field["required"] for field in nothing["fields"]] == [True, True, False]


async def test_a_link_that_lacks_nothing_asks_for_nothing(graph: Graph) -> None:
    fields = [{"name": "instance", "value": "social.example"}]
    answer = await graph.do("startConnection", ASKED, platform="mastodon", fields=fields)
    assert answer["fields"] == []


async def test_a_platform_that_is_not_there_is_refused(graph: Graph) -> None:
    answer = await graph.do("startConnection", LINK, platform="nowhere")
    assert (answer["__typename"], answer["path"]) == ("UnknownPlatform", ["input", "platform"])


async def test_a_way_or_a_field_that_the_platform_has_not_is_refused(graph: Graph) -> None:
    for given in ({"method": "APP_PASSWORD"}, {"fields": [{"name": "nothing", "value": "x"}]}, {"returnTo": "//evil"}):
        answer = await graph.do("startConnection", LINK, platform="mastodon", **given)
        assert answer["code"] == "INVALID_INPUT", given


async def test_a_connection_is_repaired_by_a_link_of_its_platform(graph: Graph) -> None:
    account = await graph.account("mastodon", "bob")
    answer = await graph.do("reconnectConnection", LINK, connectionId=encode("Connection", account.id))
    assert answer["__typename"] == "ConnectionLink"


async def test_accounts_are_chosen_only_where_there_is_a_choice(graph: Graph) -> None:
    for flow in ("made-up", "00000000-0000-7000-8000-000000000000"):
        answer = await graph.do("selectAccounts", "", flowId=flow, accountIds=["x"])
        assert answer["code"] == "TICKET_INVALID"


async def test_a_connection_is_switched_off_and_on(graph: Graph) -> None:
    account = await graph.world.connection()
    given = {"connectionId": encode("Connection", account.id)}
    fields = "... on ConnectionPaused { connection { state reason { code hint } } }"
    off = await graph.do("pauseConnection", fields, **given)
    assert (off["connection"]["state"], off["connection"]["reason"]["code"]) == ("PAUSED", "paused")
    on = await graph.do(
        "resumeConnection", "... on ConnectionResumed { connection { state reason { code } } }", **given
    )
    assert on["connection"] == {"state": "HEALTHY", "reason": None}
    again = await graph.do("resumeConnection", "... on ConnectionStateRefused { connection { state } }", **given)
    assert (again["code"], again["connection"]) == ("CONNECTION_STATE_REFUSED", {"state": "HEALTHY"})


async def test_a_connection_is_ended(graph: Graph) -> None:
    account = await graph.world.connection()
    given = {"connectionId": encode("Connection", account.id)}
    fields = "... on ConnectionDisconnected { connection { state reason { hint } tokenExpiresAt } }"
    ended = await graph.do("disconnectConnection", fields, **given)
    assert ended["connection"]["state"] == "REVOKED"
    left = await graph.world.owner.fetchval("SELECT count(*) FROM sealed_tokens WHERE connection_id = $1", account.id)
    assert left == 0


async def test_no_secret_of_a_connection_can_be_asked_for(graph: Graph) -> None:
    fields = await graph.ask('{ __type(name: "Connection") { fields { name } } }')
    names = {field["name"].lower() for field in fields["__type"]["fields"]}
    assert not {name for name in names if "token" in name} - {"tokenexpiresat"}
