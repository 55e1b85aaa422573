"""Tickets: links on our own origin by which a user connects an account.

A ticket, a `state` parameter and a browser's cookie are 256 random bits each; only their hashes are kept. A ticket
lives for a quarter of an hour and can be opened again until it has led to a connection.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import select

from app.actions.connections.audited import audit_offer
from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.flows.runtime import Runtime
from app.kernel import ids
from app.kernel.errors import DomainError, InvalidInput
from app.services.db import tenant_of
from connectors.capabilities import ConnectField

LIFE = timedelta(minutes=15)


class TicketInvalid(DomainError):
    """The link is unknown, used up, from another browser, or too old. Nothing was changed."""

    code: ClassVar[str] = "TICKET_INVALID"

    def __init__(self, message: str = "This link is not valid any more.") -> None:
        super().__init__(message, hint="Ask for a new link where you came from, and open it in this browser.")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link to be opened in the user's browser."""

    flow_id: UUID
    url: str
    expires_at: datetime
    fields: Sequence[ConnectField]
    """What the page asks for."""


def new_secret() -> str:
    """256 random bits for a URL, a form or a cookie."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> bytes:
    """What is kept of such a secret."""
    return hashlib.sha256(value.encode()).digest()


def return_path(value: str | None) -> str | None:
    """Where to send the user afterwards: a path of our own origin and nothing else.

    Raises:
        InvalidInput: it would leave our origin.
    """
    if value is None:
        return None
    if not value.startswith("/") or value.startswith(("//", "/\\")) or any(ord(c) < 33 for c in value):
        raise InvalidInput(
            "returnTo must be a path on this server.", hint="Use a path such as /planner.", path=("input", "returnTo")
        )
    return value


async def make_ticket(
    rt: Runtime,
    tenant: UUID,
    actor: str,
    *,
    platform: str,
    method: str,
    fields: dict[str, str],
    missing: Sequence[ConnectField],
    return_to: str | None,
    repair: UUID | None,
) -> Ticket:
    """Write a flow with the `fields` that are known, and give its link, which asks for the `missing` ones."""
    secret, flow_id = new_secret(), ids.new()
    expires_at = rt.clock.now() + LIFE
    async with rt.db.transaction(tenant) as session:
        flow = OAuthFlow(
            id=flow_id,
            tenant_id=tenant_of(session),
            platform=platform,
            method=method,
            state=FlowState.OFFERED,
            ticket_hash=digest(secret),
            connection_id=repair,
            fields=fields,
            return_to=return_path(return_to),
            created_by=actor,
            expires_at=expires_at,
        )
        session.add(flow)
        await audit_offer(session, flow)
    return Ticket(flow_id, f"{rt.settings.public_url}/connect/{secret}", expires_at, missing)


async def find_ticket(rt: Runtime, secret: str) -> OAuthFlow:
    """The flow of a ticket.

    Raises:
        TicketInvalid: there is none, or it is too old.
    """
    return await _find(rt, OAuthFlow.ticket_hash == digest(secret))


async def find_state(rt: Runtime, state: str) -> OAuthFlow:
    """The flow of a callback's `state`.

    Raises:
        TicketInvalid: there is none, or it is too old.
    """
    return await _find(rt, OAuthFlow.state_hash == digest(state))


async def _find(rt: Runtime, condition: object) -> OAuthFlow:
    # The tenant is not known yet: the system role finds whose row it is, the tenant's own session reads it.
    async with rt.db.system() as session:
        query = select(OAuthFlow.id, OAuthFlow.tenant_id).where(condition)  # type: ignore[arg-type]  # a column expression
        row = (await session.execute(query)).one_or_none()
    if row is None:
        raise TicketInvalid
    async with rt.db.read(row.tenant_id) as session:
        flow = await session.get(OAuthFlow, row.id)
    if flow is None or flow.expires_at <= rt.clock.now():
        raise TicketInvalid
    return flow
