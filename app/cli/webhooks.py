"""The commands for incoming webhooks: what could not be processed, and trying it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from app.actions.audit.everywhere import audit_everywhere
from app.actions.webhooks.replay import replay as replay_delivery
from app.boot import surroundings
from app.cli.tenants import database
from app.domain.webhooks.model import WebhookDelivery, WebhookShare
from app.domain.webhooks.queries import deliveries
from app.domain.webhooks.states import DeliveryState
from app.flows.runtime import running
from app.flows.webhooks.shown import shown
from app.flows.webhooks.subscribing import subscribe_meta
from app.kernel.settings import Settings

app = typer.Typer(help="Incoming webhooks.", no_args_is_help=True)

ACTOR = "cli"
States = Annotated[
    list[DeliveryState], typer.Option("--state", help="In this state; may be given several times. Orphan and dead.")
]
Platform = Annotated[str | None, typer.Option("--platform", help="Of this receiver, e.g. meta.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many at most, newest first.")]
Payload = Annotated[bool, typer.Option("--payload", help="Show what was sent, without secrets.")]
Force = Annotated[bool, typer.Option("--force", help="Read one anew that is done, e.g. after an upgrade.")]
Delivery = Annotated[UUID, typer.Argument(help="From `postd webhooks list`.")]
STUCK = [DeliveryState.ORPHAN, DeliveryState.DEAD]


@app.command(name="list")
def list_deliveries(
    state: States = STUCK, platform: Platform = None, limit: Limit = 50, payload: Payload = False
) -> None:
    """List deliveries, newest first: by default those that nobody processes any more."""
    with surroundings.attached() as settings:
        found = surroundings.run(_list(settings, state, platform, limit))
    for row in found:
        what = f"{row.receiver}/{row.callback}" if row.callback else row.receiver
        typer.echo(
            f"{row.id}  {what}  {row.state}  {row.received_at:%Y-%m-%d %H:%M:%S}  {row.attempts} tries  "
            f"{row.problem or ''}".rstrip()
        )
        if payload:
            typer.echo(f"  {shown(row.body)}")


@app.command()
def replay(delivery_id: Delivery, force: Force = False) -> None:
    """Try a dead or orphaned delivery again. What it has done already is not done again."""
    with surroundings.attached() as settings:
        surroundings.run(_replay(settings, delivery_id, force=force))
    typer.echo("received")


@app.command()
def subscribe() -> None:
    """Give Meta our address for webhooks, which it asks at once: the API must run. Others want it in their consoles."""
    with surroundings.attached() as settings:
        told = surroundings.run(_subscribe(settings))
    typer.echo(f"Meta sends what happens to {settings.public_url}/webhooks/meta: {', '.join(told)}.")


async def _subscribe(settings: Settings) -> Sequence[str]:
    async with running(settings, name="postd-cli") as rt:
        return await subscribe_meta(rt)


async def _list(
    settings: Settings, states: Sequence[DeliveryState], platform: str | None, limit: int
) -> Sequence[WebhookDelivery]:
    async with database(settings) as db, db.system() as session:
        return await deliveries(session, states, platform, limit)


async def _replay(settings: Settings, delivery_id: UUID, *, force: bool) -> None:
    async with database(settings) as db, db.system() as session:
        found = await replay_delivery(session, delivery_id, force=force)
        concerned = select(WebhookShare.tenant_id).where(WebhookShare.delivery_id == delivery_id)
        details = {"platform": found.receiver, "forced": force}
        await audit_everywhere(session, ACTOR, "webhook.replay", "webhook", details, concerned)
