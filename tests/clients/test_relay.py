"""Relay: a thing is fetched again by its id, and pages are walked both ways with cursors that are kept for later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.posts.planned_time import PlannedTime
from tests.clients.conftest import Client
from tests.fixtures.world import now

PAGE = """query Page($first: Int, $after: Cursor, $last: Int, $before: Cursor) {
  posts(first: $first, after: $after, last: $last, before: $before) {
    __typename edges { __typename cursor node { __typename id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
EMPTY = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}


@pytest.fixture
async def five(client: Client) -> list[str]:
    """Give the ids of five posts in the order of the list."""
    world = client.world
    account, start = await world.connection(), now() + timedelta(days=1)
    for hours in (3, 1, 2, 5, 4):
        await world.post(account, time=PlannedTime(start + timedelta(hours=hours)))
    return ids(await page(client, first=5))


async def page(client: Client, **window: Any) -> dict[str, Any]:
    """One page."""
    found: dict[str, Any] = (await client.data(PAGE, **window))["posts"]
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in found["edges"]]


async def test_types_have_the_names_that_its_compiler_looks_for(client: Client, five: list[str]) -> None:
    found = await page(client, first=1)
    edge = found["edges"][0]
    assert (found["__typename"], edge["__typename"], edge["node"]["__typename"]) == (
        "PostConnection",
        "PostEdge",
        "Post",
    )


async def test_pages_are_walked_forward_and_backward(client: Client, five: list[str]) -> None:
    forward: list[str] = []
    after = None
    while True:
        found = await page(client, first=2, after=after)
        forward += ids(found)
        after = found["pageInfo"]["endCursor"]
        assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
        assert found["pageInfo"]["hasPreviousPage"] is (len(forward) > 2)
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert forward == five
    backward: list[str] = []
    before = None
    while True:
        found = await page(client, last=2, before=before)
        backward = ids(found) + backward
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == five


async def test_a_page_ends_where_a_cursor_says(client: Client, five: list[str]) -> None:
    cursors = [edge["cursor"] for edge in (await page(client, first=5))["edges"]]
    assert ids(await page(client, first=2, after=cursors[1])) == five[2:4]
    assert ids(await page(client, last=2, before=cursors[3])) == five[1:3]
    assert ids(await page(client, first=5, after=cursors[4])) == []


async def test_a_cursor_lives_longer_than_its_row_and_its_connection(client: Client, five: list[str]) -> None:
    cursor = (await page(client, first=2))["pageInfo"]["endCursor"]
    await client.world.owner.execute(
        "UPDATE posts SET due_at = due_at - interval '1 year' WHERE tenant_id = $1 AND due_at = "
        "(SELECT due_at FROM posts WHERE tenant_id = $1 ORDER BY due_at OFFSET 1 LIMIT 1)",
        client.world.tenant,
    )
    answer = await client.http.post(
        client.url,
        json={"query": PAGE, "variables": {"first": 2, "after": cursor}},
        headers={"authorization": client.bearer, "connection": "close"},
    )
    assert ids(answer.json()["data"]["posts"]) == five[2:4]


async def test_an_empty_list_has_an_empty_page(client: Client) -> None:
    found = await page(client, first=2)
    assert (found["edges"], found["pageInfo"]) == ([], EMPTY)


async def test_null_for_every_argument_is_the_first_page(client: Client, five: list[str]) -> None:
    assert ids(await page(client, first=None, after=None, last=None, before=None)) == five


@pytest.mark.parametrize("kind", ["Post", "Job", "Connection", "Event", "ApiKey", "Platform"])
async def test_everything_with_an_id_is_fetched_again_by_it(client: Client, five: list[str], kind: str) -> None:
    query = """{ posts(first: 1) { edges { node { id jobs { id } } } } connections { edges { node { id } } }
      events(first: 1) { edges { node { id } } } viewer { key { id } } platforms { id } }"""
    found = await client.data(query)
    known = {
        "Post": found["posts"]["edges"][0]["node"]["id"],
        "Job": found["posts"]["edges"][0]["node"]["jobs"][0]["id"],
        "Connection": found["connections"]["edges"][0]["node"]["id"],
        "Event": found["events"]["edges"][0]["node"]["id"],
        "ApiKey": found["viewer"]["key"]["id"],
        "Platform": found["platforms"][0]["id"],
    }
    refetch = "query Refetch($id: ID!) { node(id: $id) { __typename id ...F } } fragment F on %s { __typename }"
    assert (await client.data(refetch % kind, id=known[kind]))["node"] == {"__typename": kind, "id": known[kind]}


async def test_a_fragment_of_another_type_is_empty_and_no_error(client: Client, five: list[str]) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Job { state } ... on Node { id } } }"
    assert await client.data(query, id=five[0]) == {"node": {"id": five[0]}}
    assert await client.data('{ node(id: "nothing") { id } }') == {"node": None}
