"""A list that is read in several ways shows what the plain statement gives: each row once, in order, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.domain.connections.model import Connection
from app.domain.posts.pages import SORTS, PostOrder, posts_page
from app.domain.posts.planned_time import PlannedTime
from app.domain.posts.queries import PostFilter, posts
from app.domain.posts.states import PostState
from app.services.paging import BadCursor, PageRequest
from tests.fixtures.world import World, now

FILTERS: dict[str, Callable[[list[Connection]], PostFilter]] = {
    "all": lambda _: PostFilter(),
    "one connection": lambda a: PostFilter(connections=(a[0].id,)),
    "two connections of the same posts": lambda a: PostFilter(connections=(a[0].id, a[1].id, a[0].id, uuid4())),
    "no connection": lambda _: PostFilter(connections=()),
    "platforms": lambda _: PostFilter(platforms=("scripted", "absent")),
    "a label": lambda _: PostFilter(labels=("a",)),
    "both labels": lambda _: PostFilter(labels=("a", "b")),
    "a label, a connection and states": lambda a: PostFilter(
        labels=("a",), connections=(a[0].id, a[1].id), platforms=("scripted", "x"), states=tuple(PostState)
    ),
    "states": lambda _: PostFilter(states=(PostState.SCHEDULED, PostState.FAILED)),
    "a label in a span": lambda _: PostFilter(labels=("a",), due_from=now() + timedelta(hours=2)),
}


@pytest.fixture
async def accounts(world: World) -> list[Connection]:
    """Two accounts, with seven posts on one, the other, or both; four of them for the same moment."""
    made = [await world.connection() for _ in range(2)]
    start = now()
    for number in range(7):
        time = PlannedTime(start + timedelta(hours=min(number, 3) + 1))
        labels = (("a",), ("a", "b"), ())[number % 3]
        targets = (made, made[:1], made[1:])[number % 3]
        await world.post(*targets, time=time, labels=labels)
    return made


async def pages(world: World, wanted: PostFilter, order: PostOrder, *, forward: bool) -> list[UUID]:
    found: list[UUID] = []
    request = PageRequest(first=2) if forward else PageRequest(last=2)
    async with world.db.read(world.tenant) as session:
        while True:
            page = await posts_page(session, wanted, order, request)
            rows = [row.id for row in page.rows]
            found = found + rows if forward else rows + found
            if not (page.has_next if forward else page.has_previous):
                return found
            request = PageRequest(first=2, after=page.end) if forward else PageRequest(last=2, before=page.start)


@pytest.mark.parametrize("order", list(PostOrder))
@pytest.mark.parametrize("name", list(FILTERS))
async def test_the_pages_are_the_list(world: World, accounts: list[Connection], name: str, order: PostOrder) -> None:
    wanted = FILTERS[name](accounts)
    ordering = [sort.element.desc() if sort.descending else sort.element.asc() for sort in SORTS[order]]
    async with world.db.read(world.tenant) as session:
        plain = [row.id for row in await session.scalars(posts(session, wanted).order_by(*ordering))]
    assert bool(plain) is (name != "no connection")
    assert await pages(world, wanted, order, forward=True) == plain
    assert await pages(world, wanted, order, forward=False) == plain


async def test_a_foreign_cursor_is_refused_where_nothing_matches_too(world: World) -> None:
    async with world.db.read(world.tenant) as session:
        with pytest.raises(BadCursor):
            await posts_page(session, PostFilter(connections=()), PostOrder.DUE_FIRST, PageRequest(after="x"))
