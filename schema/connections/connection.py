"""Connections: accounts on platforms that the tenant may post to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.domain.connections.model import Connection as Row
from app.domain.connections.model import ConnectionCheck as CheckRow
from app.domain.connections.states import ConnectionState
from app.domain.connections.timeline import TimelineRequest
from app.domain.jobs.backlog import Backlog as BacklogRow
from app.domain.keys.model import Scope
from app.services.paging import PageRequest
from connectors.capabilities import ConnectBy, FormatKey
from schema.analytics.metrics import AccountMetrics, SyncRun
from schema.connections.listening import Listening
from schema.connections.timeline import ConnectionMoment
from schema.node import Node, encode
from schema.paging import After, First, Listing, listing
from schema.platforms import Limit, Platform, limits
from schema.scalars import URL
from schema.traversal import LOADERS, derived, many, one


@strawberry.type(description="Who it is on the platform.")
class Account:
    """An account."""

    external_id: str = strawberry.field(description="The platform's own id of it; it never changes, handles do.")
    kind: str = strawberry.field(description="What it is, e.g. `profile` or `page`.")
    handle: str = strawberry.field(description="Its handle.")
    name: str = strawberry.field(description="Its display name.")
    server: str = strawberry.field(description="The server that holds it.")
    url: URL | None = strawberry.field(description="Where it can be seen.")
    avatar_url: URL | None = strawberry.field(description="Its picture.")

    @classmethod
    def of(cls, row: Row) -> Account:
        """The account of a connection."""
        return cls(
            external_id=row.external_id,
            kind=row.kind,
            handle=row.handle,
            name=row.name,
            server=row.server,
            url=URL(row.url) if row.url else None,
            avatar_url=URL(row.avatar_url) if row.avatar_url else None,
        )


@strawberry.type(description="Why a connection is not healthy.")
class ConnectionReason:
    """A reason."""

    code: str = strawberry.field(description="A stable word for programs.")
    message: str = strawberry.field(description="What is the matter.")
    hint: str = strawberry.field(description="What to do next.")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ConnectionReason:
        """A stored reason."""
        return cls(code=stored["code"], message=stored["message"], hint=stored.get("hint", ""))


@strawberry.type(description="One look at a connection.")
class ConnectionCheck:
    """An entry of the health log."""

    at: datetime = strawberry.field(description="When.")
    what: str = strawberry.field(description="What was done: check, refresh, connect or publish.")
    ok: bool = strawberry.field(description="Whether it went well.")
    message: str | None = strawberry.field(description="What went wrong; null when it went well.")

    @classmethod
    def of(cls, row: CheckRow) -> ConnectionCheck:
        """A row of the log."""
        return cls(at=row.at, what=row.what, ok=row.ok, message=(row.fault or {}).get("message"))


@strawberry.type(description="The posts of a connection that are not out.")
class Backlog:
    """What waits, and what came too late."""

    parked: int = strawberry.field(description="Posts that wait for the connection, and go out inside their windows.")
    planned: int = strawberry.field(description="Posts that wait for their time.")
    missed: int = strawberry.field(
        description="Posts that came too late and were never sent: releaseMissedJobs says what becomes of them."
    )

    @classmethod
    def of(cls, row: BacklogRow) -> Backlog:
        """The figures of a connection."""
        return cls(parked=row.parked, planned=row.planned, missed=row.missed)


@strawberry.type(description="An account on a platform that the workspace may post to.")
class Connection(Node):
    """A connection."""

    row: strawberry.Private[Row]
    platform: Platform = one(
        "platforms", by="platform", into="schema.platforms:Platform", description="The platform of the account."
    )
    account: Account = strawberry.field(description="Who it is on the platform.")
    state: ConnectionState = strawberry.field(description="Whether it can be used, and who has to act.")
    reason: ConnectionReason | None = strawberry.field(description="Why it is not healthy; null when it is.")
    method: ConnectBy = strawberry.field(description="How it was connected.")
    granted_scopes: list[str] = strawberry.field(description="The rights that the user granted.")
    token_expires_at: datetime | None = strawberry.field(
        description="When the token dies; null when it does not die by itself."
    )
    refreshes_itself: bool = strawberry.field(description="Whether POSTD renews the token without the user.")
    last_ok_at: datetime | None = strawberry.field(description="When the platform last accepted the account.")
    checks: list[ConnectionCheck] = many(
        "checks",
        of="id",
        into="schema.connections.connection:ConnectionCheck",
        description="The last looks at it, newest first, 20 at most.",
        needs=Scope.CONNECTIONS,
    )
    backlog: Backlog = one(
        "backlogs",
        by="id",
        into="schema.connections.connection:Backlog",
        description="What waits for it, and what came too late.",
    )
    renewed_at: datetime | None = strawberry.field(description="When the access in use was given or last renewed.")
    created_at: datetime = strawberry.field(description="When it was connected first.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")

    @derived("Rights that the platform's connector needs and the user has not granted.")
    async def missing_scopes(self) -> list[str]:
        """The difference; an app password has no scopes to miss."""
        declared = await LOADERS.get().load("platforms", self.row.platform)
        asked = declared.scopes_by(ConnectBy(self.row.method))
        granted, kind = self.row.granted_scopes, self.row.kind
        return [scope.name for scope in asked if scope.concerns(kind) and not scope.granted_by(granted)]

    @derived(
        "Whether the platform tells POSTD at once what happens there; null where it tells nothing of such accounts."
    )
    async def listening(self) -> Listening | None:
        """What is known of its subscriptions."""
        declared = await LOADERS.get().load("platforms", self.row.platform)
        way = declared.listening_by(ConnectBy(self.row.method), self.row.kind)
        return None if way is None else Listening.of(self.row)

    @derived("The newest figures of the account; null until somebody has looked for them first, and when it has ended.")
    async def metrics(self) -> AccountMetrics | None:
        """The account's figures."""
        rows = await LOADERS.get().load("figure_clocks", self.row.id)
        declared = await LOADERS.get().load("platforms", self.row.platform)
        return AccountMetrics.of(rows[0], tuple(declared.figures.account)) if rows else None

    @derived("The last looks at figures of the account and of its posts, newest first, 50 at most.")
    async def sync_runs(self) -> list[SyncRun]:
        """The runs."""
        return [SyncRun.of(row) for row in await LOADERS.get().load("figure_runs", self.row.id)]

    @derived(
        "Why it is as it is, in sentences, newest first; as far back as events and looks are kept.",
        needs=Scope.CONNECTIONS,
    )
    async def timeline(self, first: First = None, after: After = None) -> Listing[ConnectionMoment]:
        """A page of its life."""
        loaders, key = LOADERS.get(), self.row.id
        request = TimelineRequest(key, PageRequest(first, after))

        async def count() -> int:
            length: int = await loaders.load("timeline_lengths", key)
            return length

        return listing(await loaders.load("timelines", request), ConnectionMoment.of, count)

    @derived("The limits that hold for this account: the platform's, with its server's own figures.")
    async def limits(
        self,
        format: Annotated[  # noqa: A002 -- the API's word
            FormatKey | None, strawberry.argument(description="Which kind of post; null means every kind.")
        ] = None,
    ) -> list[Limit]:
        """The limits."""
        return limits(await LOADERS.get().load("platforms", self.row.platform), format, self.row.account_limits)

    @classmethod
    def of(cls, row: Row) -> Connection:
        """A connection's row."""
        return cls(
            row=row,
            id=encode("Connection", row.id),
            account=Account.of(row),
            state=row.state,
            reason=ConnectionReason.of(row.reason) if row.reason else None,
            method=ConnectBy(row.method),
            granted_scopes=list(row.granted_scopes),
            token_expires_at=row.token_expires_at,
            refreshes_itself=row.refreshes_itself,
            last_ok_at=row.last_ok_at,
            renewed_at=row.renewed_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
