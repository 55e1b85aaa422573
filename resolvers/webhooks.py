"""Incoming webhooks: what of them concerns the workspace, and trying one again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from app.domain.webhooks import queries
from app.domain.webhooks.states import ShareState
from app.flows.webhooks.replay import replay_share
from app.kernel.errors import NotFound
from app.services.paging import PageRequest
from resolvers.context import Info
from schema.paging import After, First, Listing, listing
from schema.webhooks import ReplayWebhookInput, ReplayWebhookResult, WebhookDelivery, WebhookReplayed

PlatformWanted = Annotated[str | None, strawberry.argument(description="About this platform, by key; null means any.")]
StateWanted = Annotated[ShareState | None, strawberry.argument(description="In this state; null means any.")]


async def webhook_deliveries(
    info: Info,
    platform: PlatformWanted = None,
    state: StateWanted = None,
    first: First = None,
    after: After = None,
) -> Listing[WebhookDelivery]:
    """What platforms have sent about the workspace's connections, newest first."""
    rt, tenant, which = info.context.rt, info.context.tenant, queries.ShareFilter(platform, state)

    async def count() -> int:
        async with rt.db.read(tenant) as session:
            return await queries.count(session, which)

    async with rt.db.read(tenant) as session:
        page = await queries.shares_page(session, which, PageRequest(first, after))
    return listing(page, WebhookDelivery.of, count)


async def replay_webhook(
    info: Info,
    input: Annotated[ReplayWebhookInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> ReplayWebhookResult:
    """Try a dead delivery again; by force, read one anew that was applied."""
    try:
        delivery_id = UUID(input.delivery_id)
    except ValueError:
        raise NotFound("webhook delivery", path=("input", "deliveryId")) from None
    context = info.context
    row = await replay_share(context.rt, context.tenant, context.caller.actor, delivery_id, force=input.force)
    return WebhookReplayed(delivery=WebhookDelivery.of(row))
