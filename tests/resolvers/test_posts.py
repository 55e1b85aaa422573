from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

SCHEDULE = """
mutation Schedule($input: SchedulePostInput!) {
  schedulePost(input: $input) {
    __typename
    ... on PostScheduled {
      replayed
      notices { message problem { rule platform { key } } }
      post {
        id state labels revision publishAt { at local zone notice } publishBy
        content { text parts { text link { url title } } languages options { name value } }
        jobs {
          id state dueAt nextAttemptAt platform { key } connection { id account { handle } }
          content { text options { name value } } post { id } allowedActions explanation
        }
      }
    }
    ... on InvalidContent { problems { path rule measured limit severity message fix platform { key } } }
    ... on ConnectionNotUsable { connection { id state } }
    ... on UserError { message code path hint }
  }
}
"""


async def schedule(graph: Graph, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(SCHEDULE, input=given))["schedulePost"]
    return found


async def test_a_post_for_two_accounts_is_scheduled_with_its_overrides(graph: Graph) -> None:
    one, two = await graph.account("bluesky", "alice"), await graph.account("mastodon", "bob")
    at = now() + timedelta(days=1)
    answer = await schedule(
        graph,
        content={"text": "Hello", "languages": ["en"], "link": {"url": "https://example.org/", "title": "Example"}},
        targets=[
            {"connectionId": encode("Connection", one.id), "options": {"bluesky": {"reply": "NOBODY"}}},
            {
                "connectionId": encode("Connection", two.id),
                "content": {"text": "Hello there"},
                "options": {"mastodon": {"visibility": "UNLISTED"}},
            },
        ],
        publishAt={"at": at.isoformat()},
        labels=["launch", "launch"],
    )
    assert answer["__typename"] == "PostScheduled", answer
    post = answer["post"]
    assert (post["state"], post["labels"], post["revision"], answer["replayed"]) == (
        "SCHEDULED",
        ["launch"],
        1,
        False,
    )
    assert post["publishAt"] == {"at": at.isoformat(), "local": None, "zone": None, "notice": None}
    assert post["content"]["parts"] == [{"text": "Hello", "link": {"url": "https://example.org/", "title": "Example"}}]
    first, second = post["jobs"]
    assert first["connection"]["account"] == {"handle": "alice.example"}
    assert (first["content"]["text"], second["content"]["text"]) == ("Hello", "Hello there")
    assert first["content"]["options"] == [{"name": "reply", "value": "nobody"}]
    assert second["content"]["options"] == [{"name": "visibility", "value": "unlisted"}]
    assert first["post"] == {"id": post["id"]}
    assert first["allowedActions"] == ["CANCEL", "RESCHEDULE"]
    assert first["explanation"][-1] == "It waits for its time."


async def test_a_local_time_keeps_its_zone_and_says_what_is_odd_about_it(graph: Graph) -> None:
    account = await graph.account()
    answer = await schedule(
        graph,
        content={"text": "Hello"},
        targets=[{"connectionId": encode("Connection", account.id)}],
        publishAt={"local": {"time": "2027-03-28T02:30", "zone": "Europe/Berlin"}},
    )
    assert answer["post"]["publishAt"] == {
        "at": "2027-03-28T01:30:00+00:00",
        "local": "2027-03-28T02:30:00",
        "zone": "Europe/Berlin",
        "notice": "MISSING",
    }
    assert [notice["problem"] for notice in answer["notices"]] == [None]


async def test_content_that_a_platform_would_refuse_is_refused_with_every_reason(graph: Graph) -> None:
    account = await graph.account()
    answer = await schedule(
        graph, content={"text": "x" * 301}, targets=[{"connectionId": encode("Connection", account.id)}]
    )
    assert (answer["__typename"], answer["code"]) == ("InvalidContent", "INVALID_CONTENT")
    (problem,) = answer["problems"]
    assert (problem["rule"], problem["measured"], problem["limit"], problem["severity"]) == (
        "text.length",
        "301",
        "300",
        "ERROR",
    )
    assert problem["platform"] == {"key": "bluesky"}
    assert (await graph.ask("{ posts { totalCount } }"))["posts"]["totalCount"] == 0


async def test_options_of_another_platform_are_refused(graph: Graph) -> None:
    account = await graph.account()
    answer = await schedule(
        graph,
        content={"text": "Hello"},
        targets=[{"connectionId": encode("Connection", account.id), "options": {"mastodon": {"visibility": "PUBLIC"}}}],
    )
    assert [problem["rule"] for problem in answer["problems"]] == ["options.platform"]


async def test_an_account_that_must_be_reconnected_is_refused(graph: Graph) -> None:
    account = await graph.account()
    await graph.world.update("connections", account.id, state="attention")
    answer = await schedule(
        graph, content={"text": "Hello"}, targets=[{"connectionId": encode("Connection", account.id)}]
    )
    assert answer["__typename"] == "ConnectionNotUsable"
    assert answer["connection"] == {"id": encode("Connection", account.id), "state": "ATTENTION"}
    assert answer["path"] == ["input", "targets", "0", "connectionId"]


async def test_a_foreign_account_does_not_exist(graph: Graph, other_graph: Graph) -> None:
    account = await other_graph.account()
    answer = await schedule(
        graph, content={"text": "Hello"}, targets=[{"connectionId": encode("Connection", account.id)}]
    )
    assert (answer["__typename"], answer["code"]) == ("NotFound", "NOT_FOUND")


async def test_a_time_that_has_passed_is_refused(graph: Graph) -> None:
    account = await graph.account()
    answer = await schedule(
        graph,
        content={"text": "Hello"},
        targets=[{"connectionId": encode("Connection", account.id)}],
        publishAt={"at": "2020-01-01T00:00:00Z"},
    )
    assert (answer["__typename"], answer["path"]) == ("PlannedTimeInvalid", ["input", "publishAt"])


async def test_a_planned_time_is_one_of_two(graph: Graph) -> None:
    both = {"at": "2030-01-01T00:00:00Z", "local": {"time": "2030-01-01T00:00", "zone": "UTC"}}
    given = {"content": {"text": "Hello"}, "targets": [], "publishAt": both}
    assert await graph.code(SCHEDULE, input=given) == "GRAPHQL_VALIDATION_FAILED"


async def test_fifty_at_once_with_one_key_make_one_post(graph: Graph) -> None:
    account = await graph.account()
    given = {
        "content": {"text": "Hello"},
        "targets": [{"connectionId": encode("Connection", account.id)}],
        "publishAt": {"at": "2030-01-01T00:00:00Z"},
        "idempotencyKey": "once",
    }
    answers = await asyncio.gather(*[schedule(graph, **given) for _ in range(50)])
    assert {answer["__typename"] for answer in answers} == {"PostScheduled"}
    assert len({answer["post"]["id"] for answer in answers}) == 1
    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 49
    assert (await graph.ask("{ jobs { totalCount } }"))["jobs"]["totalCount"] == 1


async def test_a_key_that_was_used_for_other_content_is_refused(graph: Graph) -> None:
    account = await graph.account()
    given = {"targets": [{"connectionId": encode("Connection", account.id)}], "idempotencyKey": "once"}
    await schedule(graph, content={"text": "Hello"}, **given)
    answer = await schedule(graph, content={"text": "Other"}, **given)
    assert (answer["__typename"], answer["path"]) == ("IdempotencyKeyReused", ["input", "idempotencyKey"])
    assert (await graph.ask("{ posts { totalCount } }"))["posts"]["totalCount"] == 1
