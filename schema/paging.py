"""Relay connections over keyset pages: edges, page info, and a count that is asked for only when selected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.services.paging import Page
from schema.scalars import Cursor
from schema.traversal import derived

T = TypeVar("T")

First = Annotated[
    int | None, strawberry.argument(description="How many at most, from the start; 20 by default, 100 at most.")
]
After = Annotated[Cursor | None, strawberry.argument(description="Give what follows this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many at most, from the end, instead of `first`.")]
Before = Annotated[Cursor | None, strawberry.argument(description="Give what precedes this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether more precedes.")
    start_cursor: Cursor | None = strawberry.field(description="The cursor of the first edge; null on an empty page.")
    end_cursor: Cursor | None = strawberry.field(description="The cursor of the last edge; null on an empty page.")


@strawberry.type(description="One thing in a list, with its place.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: Cursor = strawberry.field(description="The place of this thing in the list.")
    node: T = strawberry.field(description="The thing.")


@strawberry.type(name="Connection", description="A page of a list.")
class Listing(Generic[T]):
    """Relay's connection."""

    edges: list[Edge[T]] = strawberry.field(description="The things of this page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    counter: strawberry.Private[Callable[[], Awaitable[int]]]

    @derived("How many there are in the whole list. Counted only when it is asked for.")
    async def total_count(self) -> int:
        """Count."""
        return await self.counter()


def listing(page: Page[Any], node: Callable[[Any], Any], count: Callable[[], Awaitable[int]]) -> Listing[Any]:
    """A page of rows as a connection of nodes."""
    pairs = zip(page.rows, page.cursors, strict=True)
    return Listing(
        edges=[Edge(cursor=Cursor(cursor), node=node(row)) for row, cursor in pairs],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=Cursor(page.start) if page.start else None,
            end_cursor=Cursor(page.end) if page.end else None,
        ),
        counter=count,
    )
