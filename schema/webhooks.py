"""Incoming webhooks as a workspace sees them: what of a platform's delivery concerns its connections."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from app.domain.webhooks.model import WebhookNotice as NoticeRow
from app.domain.webhooks.model import WebhookShare as Row
from app.domain.webhooks.states import ShareState
from connectors.redactor import redact
from schema.connections.connection import Connection
from schema.errors import NotFound, UserError
from schema.events import Change
from schema.posts.content import as_text
from schema.traversal import derived, many, one
from schema.words import offer

offer(ShareState, "What became of the part of a delivery that concerns the workspace.", name="WebhookState")


@strawberry.type(description="One thing that a platform has told about a connection.")
class WebhookNotice:
    """A notice."""

    row: strawberry.Private[NoticeRow]
    kind: str = strawberry.field(description="What it is, e.g. `comment.added` or `account.deauthorized`.")
    at: datetime = strawberry.field(description="When it happened, or when it was heard of.")
    connection: Connection | None = one(
        "connections",
        by="connection_id",
        into="schema.connections.connection:Connection",
        description="The connection that it is about.",
    )
    outcome: str = strawberry.field(description="What was done about it.")

    @derived("What the platform said: ids, words and figures; without secrets.")
    def details(self) -> list[Change]:
        """The details."""
        said: dict[str, Any] = redact(self.row.details)
        return [Change(field=key, value=as_text(value)) for key, value in said.items()]

    @classmethod
    def of(cls, row: NoticeRow) -> WebhookNotice:
        """A notice's row."""
        return cls(row=row, kind=row.kind, at=row.at, outcome=row.outcome)


@strawberry.type(description="A delivery of a platform, as far as it concerns the workspace.")
class WebhookDelivery:
    """A share of a delivery."""

    row: strawberry.Private[Row]
    id: strawberry.ID = strawberry.field(description="Its id, for `replayWebhook`.")
    platform: str = strawberry.field(description="The key of the platform that it is about.")
    state: ShareState = strawberry.field(description="Whether it was applied.")
    problem: str | None = strawberry.field(description="Why it was not applied at the last try; null where it was.")
    received_at: datetime = strawberry.field(description="When it came in.")
    notices: list[WebhookNotice] = many(
        "notices",
        of="id",
        into="schema.webhooks:WebhookNotice",
        description="What it said for the first time, oldest first; repetitions are left out.",
    )

    @classmethod
    def of(cls, row: Row) -> WebhookDelivery:
        """A share's row."""
        return cls(
            row=row,
            id=strawberry.ID(row.id.hex),
            platform=row.platform,
            state=row.state,
            problem=row.problem,
            received_at=row.received_at,
        )


@strawberry.input(description="Which delivery to try again.")
class ReplayWebhookInput:
    """A replay."""

    delivery_id: strawberry.ID = strawberry.field(description="The delivery, from `webhookDeliveries`.")
    force: bool = strawberry.field(
        default=False,
        description="Read one anew that was applied, e.g. after an upgrade that understands more. What it did is not "
        "done again.",
    )


@strawberry.type(description="The delivery is tried again. What it has done already is not done again.")
class WebhookReplayed:
    """Replayed."""

    delivery: WebhookDelivery = strawberry.field(description="The delivery as it is now.")


@strawberry.type(
    description="The delivery is not dead, so there is nothing to try again; `force` reads one anew that was applied."
)
class WebhookNotReplayable(UserError):
    """Not dead."""


ReplayWebhookResult: TypeAlias = Annotated[
    WebhookReplayed | WebhookNotReplayable | NotFound,
    strawberry.union("ReplayWebhookResult", description="The delivery that is tried again, or why it is not."),
]
