"""Filters and orders: which things of a list, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from app.domain.connections.queries import ConnectionFilter
from app.domain.connections.states import ConnectionState
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.pages import JobOrder
from app.domain.jobs.states import JobState
from app.domain.posts.pages import PostOrder
from app.domain.posts.queries import PostFilter
from app.domain.posts.states import PostState
from app.kernel.errors import NotFound
from schema.node import decode
from schema.posts.inputs import bounded
from schema.words import offer

offer(JobOrder, "The order of a list of jobs.")
offer(PostOrder, "The order of a list of posts.")

MAX_VALUES = 100


def keys(given: Sequence[str] | None, kind: str) -> tuple[UUID, ...] | None:
    """Ids as keys. An id that is not one of this kind matches nothing, so it is left out."""
    if given is None:
        return None
    bounded(given, MAX_VALUES, ("filter",))
    found = []
    for item in given:
        try:
            found.append(decode(item, kind))
        except NotFound:
            continue
    return tuple(found)


def words(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Words as a bounded tuple."""
    if given is None:
        return None
    bounded(given, MAX_VALUES, ("filter",))
    return tuple(given)


@strawberry.input(name="ConnectionFilter", description="Which connections. What is not stated does not narrow.")
class ConnectionFilterInput:
    """A filter."""

    platforms: list[str] | None = strawberry.field(default=None, description="On one of these platforms, by key.")
    states: list[ConnectionState] | None = strawberry.field(default=None, description="In one of these states.")

    def wanted(self) -> ConnectionFilter:
        """As the application takes it."""
        states = None if self.states is None else tuple(self.states)
        return ConnectionFilter(platforms=words(self.platforms), states=states)


@strawberry.input(name="PostFilter", description="Which posts. What is not stated does not narrow.")
class PostFilterInput:
    """A filter."""

    states: list[PostState] | None = strawberry.field(default=None, description="In one of these states.")
    platforms: list[str] | None = strawberry.field(default=None, description="For one of these platforms, by key.")
    connections: list[strawberry.ID] | None = strawberry.field(
        default=None, description="For one of these connections."
    )
    labels: list[str] | None = strawberry.field(default=None, description="With every one of these labels.")
    due_from: datetime | None = strawberry.field(default=None, description="Planned for this instant or later.")
    due_until: datetime | None = strawberry.field(default=None, description="Planned for before this instant.")

    def wanted(self) -> PostFilter:
        """As the application takes it."""
        return PostFilter(
            states=None if self.states is None else tuple(self.states),
            platforms=words(self.platforms),
            connections=keys(self.connections, "Connection"),
            labels=words(self.labels),
            due_from=self.due_from,
            due_until=self.due_until,
        )


@strawberry.input(name="JobFilter", description="Which jobs. What is not stated does not narrow.")
class JobFilterInput:
    """A filter."""

    states: list[JobState] | None = strawberry.field(default=None, description="In one of these states.")
    platforms: list[str] | None = strawberry.field(default=None, description="For one of these platforms, by key.")
    connections: list[strawberry.ID] | None = strawberry.field(
        default=None, description="For one of these connections."
    )
    posts: list[strawberry.ID] | None = strawberry.field(default=None, description="Of one of these posts.")
    labels: list[str] | None = strawberry.field(
        default=None, description="Of posts with every one of these labels. Narrow with other conditions too."
    )
    fault_kinds: list[str] | None = strawberry.field(
        default=None, description="Whose last fault is of one of these kinds, e.g. `rate_limited`: `Fault.kind`."
    )
    fault_codes: list[str] | None = strawberry.field(
        default=None, description="Whose last fault has one of these codes of the platform: `Fault.code`."
    )
    due_from: datetime | None = strawberry.field(default=None, description="Planned for this instant or later.")
    due_until: datetime | None = strawberry.field(default=None, description="Planned for before this instant.")
    failed_from: datetime | None = strawberry.field(
        default=None, description="Failed at this instant or later. Lists then need an order by failure."
    )
    failed_until: datetime | None = strawberry.field(
        default=None, description="Failed before this instant. Lists then need an order by failure."
    )
    discarded: bool | None = strawberry.field(
        default=None,
        description="False: the dead letters, failed jobs that are still on the list. True: those taken off it.",
    )
    needs_attention: bool | None = strawberry.field(
        default=None,
        description="True: where a person may want to act (parked, in review, failed and not discarded). False: jobs "
        "in the other states.",
    )

    def wanted(self) -> JobFilter:
        """As the application takes it."""
        return JobFilter(
            states=None if self.states is None else tuple(self.states),
            platforms=words(self.platforms),
            connections=keys(self.connections, "Connection"),
            posts=keys(self.posts, "Post"),
            labels=words(self.labels),
            fault_kinds=words(self.fault_kinds),
            fault_codes=words(self.fault_codes),
            due_from=self.due_from,
            due_until=self.due_until,
            failed_from=self.failed_from,
            failed_until=self.failed_until,
            discarded=self.discarded,
            needs_attention=self.needs_attention,
        )


ConnectionsWanted = Annotated[
    ConnectionFilterInput | None, strawberry.argument(name="filter", description="Which connections; null means all.")
]
PostsWanted = Annotated[
    PostFilterInput | None, strawberry.argument(name="filter", description="Which posts; null means all.")
]
JobsWanted = Annotated[
    JobFilterInput | None, strawberry.argument(name="filter", description="Which jobs; null means all.")
]
PostsOrder = Annotated[PostOrder, strawberry.argument(description="In which order.")]
JobsOrder = Annotated[JobOrder, strawberry.argument(description="In which order.")]
