"""Loaders: each a batch function `keys -> rows` under a name that types refer to.

A loader reads in a session of its own, in the caller's tenant. It lives for one operation or one event: a memo that
lives longer would show old rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from strawberry.dataloader import DataLoader

from app.domain.connections import pages as connection_pages
from app.domain.connections import queries as connections
from app.domain.connections import timeline as connection_timeline
from app.domain.connections.errors import UnknownPlatform
from app.domain.figures import queries as figures
from app.domain.figures import report
from app.domain.figures.accounts import of_accounts
from app.domain.jobs import queries as jobs
from app.domain.jobs.backlog import backlogs
from app.domain.keys import queries as keys
from app.domain.keys.model import Scope
from app.domain.keys.principal import Rights
from app.domain.media import queries as media
from app.domain.posts import queries as posts
from app.domain.webhooks import queries as webhooks
from app.flows.health.readiness.gather import foresee
from app.flows.publishing.copies import needs
from app.flows.runtime import Runtime
from connectors import catalog
from resolvers.context import Context
from schema.traversal import LOADERS

Batch = Callable[[Any, Sequence[UUID]], Awaitable[Sequence[Any]]]

ONE: Mapping[str, Batch] = {
    "jobs": jobs.by_ids,
    "posts": posts.by_ids,
    "connections": connections.by_ids,
    "media": media.by_ids,
    "keys": keys.by_ids,
    "backlogs": backlogs,
}
"""Rows by their own id."""

MANY: Mapping[str, tuple[Batch, str]] = {
    "jobs_of_posts": (jobs.of_posts, "post_id"),
    "parts": (jobs.parts_of, "job_id"),
    "attempts": (jobs.attempts_of, "job_id"),
    "notices": (webhooks.notices_of, "share_id"),
    "checks": (connection_pages.last_checks, "connection_id"),
    "figures_of_jobs": (figures.of_jobs, "job_id"),
    "figures_of_posts": (figures.of_posts, "post_id"),
    "figure_clocks": (figures.of_connections, "connection_id"),
}
"""Rows by what they belong to, and the attribute that says so; in the order of the batch."""

EACH: Mapping[str, Callable[[Any, Any], Awaitable[Any]]] = {
    "timelines": connection_timeline.timeline,
    "timeline_lengths": connection_timeline.length,
    "figure_runs": figures.runs_of,
    "figure_groups": report.groups,
    "top_posts": report.top_posts,
    "posting_hours": report.hours,
    "account_figures": of_accounts,
}
"""Answers that are read one by one, in one session: pages, for which there is no common statement."""


class OperationLoaders:
    """The loaders of one operation or one event."""

    def __init__(self, rt: Runtime, rights: Rights) -> None:
        self._rt = rt
        self._rights = rights
        self._tenant = rights.principal.tenant_id
        self._loaders: dict[str, DataLoader[Any, Any]] = {}

    def load(self, name: str, key: Any) -> Awaitable[Any]:
        """The row of that key, or the list of rows that belong to it."""
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(load_fn=self._batch(name))
        return loader.load(key)

    def allow(self, scope: Scope) -> None:
        """Let the caller pass who has that scope."""
        self._rights.allow(scope)

    def _batch(self, name: str) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        if name == "platforms":
            return self._platforms
        if name == "keys" and Scope.ADMIN not in self._rights.scopes:
            return self._hidden
        if name == "media_copies":
            return self._media_copies
        if name == "readiness":
            return self._readiness
        if name in ONE:
            return self._by_id(ONE[name])
        if name in EACH:
            return self._one_by_one(EACH[name])
        return self._grouped(*MANY[name])

    def _by_id(self, read: Batch) -> Callable[[list[UUID]], Awaitable[list[Any]]]:
        async def batch(wanted: list[UUID]) -> list[Any]:
            async with self._rt.db.read(self._tenant) as session:
                found = {row.id: row for row in await read(session, wanted)}
            return [found.get(key) for key in wanted]

        return batch

    def _grouped(self, read: Batch, owner: str) -> Callable[[list[UUID]], Awaitable[list[Any]]]:
        async def batch(wanted: list[UUID]) -> list[Any]:
            groups: dict[UUID, list[Any]] = defaultdict(list)
            async with self._rt.db.read(self._tenant) as session:
                for row in await read(session, wanted):
                    groups[getattr(row, owner)].append(row)
            return [groups[key] for key in wanted]

        return batch

    def _one_by_one(self, read: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[list[Any]], Awaitable[list[Any]]]:
        async def batch(wanted: list[Any]) -> list[Any]:
            async with self._rt.db.read(self._tenant) as session:
                return [await read(session, key) for key in wanted]

        return batch

    async def _hidden(self, wanted: list[UUID]) -> list[Any]:
        """What the caller may not see is answered like what does not exist."""
        return [None for _ in wanted]

    async def _media_copies(self, wanted: list[UUID]) -> list[Any]:
        found = await needs(self._rt, self._tenant, wanted)
        return [found.get(key, ()) for key in wanted]

    async def _readiness(self, wanted: list[UUID]) -> list[Any]:
        async with self._rt.db.read(self._tenant) as session:
            rows = await jobs.by_ids(session, wanted)
        found = await foresee(self._rt, self._tenant, rows)
        return [found.get(key) for key in wanted]

    async def _platforms(self, wanted: list[str]) -> list[Any]:
        found: list[Any] = []
        for key in wanted:
            try:
                found.append(self._rt.catalog.get(key).capabilities)
            except catalog.UnknownPlatform as error:
                found.append(UnknownPlatform(str(error), hint="Tell the operator: the connector was taken away."))
        return found


def refresh(context: Context) -> None:
    """Begin with empty loaders in this task; nothing is read for callers whom we do not know."""
    if context.principal is not None:
        LOADERS.set(OperationLoaders(context.rt, context.rights_of(context.principal)))
