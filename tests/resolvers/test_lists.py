from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from app.actions.tenants.zone import set_zone
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

POSTS = """
query($first: Int, $after: Cursor, $last: Int, $before: Cursor, $filter: PostFilter, $order: PostOrder! = DUE_FIRST) {
  posts(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
    totalCount edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def planned(graph: Graph, count: int) -> list[str]:
    account, start = await graph.world.connection(), now() + timedelta(hours=1)
    made = [await graph.world.post(account, now=start + timedelta(minutes=n)) for n in range(count)]
    return [encode("Post", post.id) for post, _ in made]


def ids(page: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in page["edges"]]


async def test_pages_follow_each_other_without_gap_or_repeat(graph: Graph) -> None:
    wanted = await planned(graph, 5)
    first = (await graph.ask(POSTS, first=2))["posts"]
    second = (await graph.ask(POSTS, first=2, after=first["pageInfo"]["endCursor"]))["posts"]
    third = (await graph.ask(POSTS, first=2, after=second["pageInfo"]["endCursor"]))["posts"]
    assert [ids(page) for page in (first, second, third)] == [wanted[:2], wanted[2:4], wanted[4:]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second, third)] == [True, True, False]
    assert first["totalCount"] == 5
    back = (await graph.ask(POSTS, last=2, before=third["pageInfo"]["startCursor"]))["posts"]
    assert ids(back) == wanted[2:4]


async def test_an_order_is_turned_round(graph: Graph) -> None:
    wanted = await planned(graph, 3)
    assert ids((await graph.ask(POSTS, order="DUE_LAST"))["posts"]) == wanted[::-1]


async def test_a_cursor_of_another_list_is_refused(graph: Graph) -> None:
    await planned(graph, 1)
    events = await graph.ask("{ events { edges { cursor } } }")
    assert await graph.code(POSTS, after=events["events"]["edges"][0]["cursor"]) == "BAD_CURSOR"


@pytest.mark.parametrize("given", [{"first": 101}, {"first": -1}, {"first": 1, "last": 1}])
async def test_a_page_that_makes_no_sense_is_refused(graph: Graph, given: dict[str, Any]) -> None:
    assert await graph.code(POSTS, **given) == "INVALID_INPUT"


async def test_posts_are_filtered(graph: Graph) -> None:
    one, two = await graph.world.connection(), await graph.world.connection()
    later = now() + timedelta(hours=2)
    first, _ = await graph.world.post(one, now=later, labels=("a", "b"))
    second, _ = await graph.world.post(two, now=later + timedelta(hours=1))
    mine, other = encode("Post", first.id), encode("Post", second.id)
    for given, expected in (
        ({"labels": ["a"]}, [mine]),
        ({"labels": ["a", "c"]}, []),
        ({"connections": [encode("Connection", two.id)]}, [other]),
        ({"connections": ["made-up"]}, []),
        ({"platforms": ["scripted"]}, [mine, other]),
        ({"states": ["PUBLISHED"]}, []),
        ({"dueFrom": (later + timedelta(minutes=1)).isoformat()}, [other]),
        ({"dueUntil": (later + timedelta(minutes=1)).isoformat()}, [mine]),
    ):
        assert ids((await graph.ask(POSTS, filter=given))["posts"]) == expected, given


async def test_jobs_that_need_a_person_are_found(graph: Graph) -> None:
    failed, waiting = await graph.world.job(), await graph.world.job(now=now() + timedelta(hours=1))
    await graph.world.set(failed.id, state="failed", wake_at=None)
    query = "query($n: Boolean) { jobs(filter: { needsAttention: $n }) { edges { node { id } } } }"
    assert ids((await graph.ask(query, n=True))["jobs"]) == [encode("Job", failed.id)]
    assert ids((await graph.ask(query, n=False))["jobs"]) == [encode("Job", waiting.id)]


async def test_connections_are_filtered(graph: Graph) -> None:
    await graph.account("bluesky", "alice")
    paused = await graph.account("mastodon", "bob")
    await graph.world.update("connections", paused.id, state="paused")
    query = """query($f: ConnectionFilter) {
      connections(filter: $f) { edges { node { id missingScopes limits { rule } } } }
    }"""
    assert len((await graph.ask(query))["connections"]["edges"]) == 2
    assert ids((await graph.ask(query, f={"states": ["PAUSED"]}))["connections"]) == [encode("Connection", paused.id)]
    assert len((await graph.ask(query, f={"platforms": ["bluesky"]}))["connections"]["edges"]) == 1


async def test_events_are_read_on_from_a_cursor(graph: Graph) -> None:
    await graph.world.job()
    query = """query($after: Cursor, $first: Int) { events(after: $after, first: $first) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { cursor node { id type subject { __typename id } actor { kind id } } }
    } }"""
    first = (await graph.ask(query, first=2))["events"]
    rest = (await graph.ask(query, after=first["pageInfo"]["endCursor"]))["events"]
    types = [edge["node"]["type"] for edge in first["edges"] + rest["edges"]]
    assert types == ["key.created", "connection.connected", "post.scheduled", "job.scheduled"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (4, True, False)
    assert [edge["node"]["subject"]["__typename"] for edge in rest["edges"]] == ["Post", "Job"]
    node = await graph.ask(
        "query($id: ID!) { node(id: $id) { id ... on Event { type } } }", id=rest["edges"][0]["node"]["id"]
    )
    assert node["node"]["type"] == "post.scheduled"


async def test_the_newest_events_are_read_from_the_end(graph: Graph) -> None:
    await graph.world.job()
    query = """query($last: Int, $before: Cursor, $after: Cursor, $first: Int) {
      events(last: $last, before: $before, after: $after, first: $first) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { node { type } }
      }
    }"""

    async def page(**given: Any) -> tuple[list[str], dict[str, Any]]:
        found = (await graph.ask(query, **given))["events"]
        return [edge["node"]["type"] for edge in found["edges"]], found["pageInfo"]

    types, newest = await page(last=2)
    assert types == ["post.scheduled", "job.scheduled"]
    assert (newest["hasPreviousPage"], newest["hasNextPage"]) == (True, False)
    types, earlier = await page(last=3, before=newest["startCursor"])
    assert types == ["key.created", "connection.connected"]
    assert (earlier["hasPreviousPage"], earlier["hasNextPage"]) == (False, True)
    assert (await page(last=5, after=earlier["endCursor"]))[0] == ["post.scheduled", "job.scheduled"]
    assert (await page(first=5, before=newest["startCursor"]))[0] == ["key.created", "connection.connected"]
    assert (await page(last=0))[0] == []
    assert await graph.code(query, last=1, first=1) == "INVALID_INPUT"


async def test_a_workspace_says_its_zone(graph: Graph) -> None:
    query = "{ viewer { tenant { zone } } }"
    assert (await graph.ask(query))["viewer"]["tenant"]["zone"] is None
    async with graph.world.db.transaction(graph.world.tenant) as session:
        await set_zone(session, "Europe/Berlin")
    assert (await graph.ask(query))["viewer"]["tenant"]["zone"] == "Europe/Berlin"


async def test_a_page_reads_each_kind_of_thing_once(graph: Graph) -> None:
    await planned(graph, 5)
    statements: list[str] = []
    engine = graph.world.db.app_engine.sync_engine

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        await graph.ask(
            "{ posts { edges { node { jobs { connection { account { handle } } parts { position } } } } } }"
        )
    finally:
        event.remove(engine, "before_cursor_execute", note)
    reads = [one for one in statements if "set_config" not in one]
    assert len(reads) == 4, reads


async def test_platforms_are_told_as_data(graph: Graph) -> None:
    query = """{
      platforms {
        id key name canEdit canDelete reconcile apiVersion { name } scopes { name } options { name choices }
        formats { key mediaTypes limits { rule max } } limits(format: IMAGE) { rule max counted }
        connectBy { by fields { name kind required } } quotas { name max seconds }
      }
      platform(key: "bluesky") { id name }
      none: platform(key: "x") { id }
    }"""
    found = await graph.ask(query)
    keys = [one["key"] for one in found["platforms"]]
    assert keys == ["bluesky", "facebook", "instagram", "linkedin", "mastodon", "scripted"]
    bluesky = found["platforms"][0]
    assert {"rule": "text.length", "max": 300, "counted": "GRAPHEMES"} in bluesky["limits"]
    assert (bluesky["canEdit"], bluesky["canDelete"], bluesky["reconcile"]) == (False, True, "KEY")
    assert found["platform"] == {"id": bluesky["id"], "name": "Bluesky"}
    assert found["none"] is None
