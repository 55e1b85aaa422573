"""Re-wrap secrets after a new master key was put first in the ring.

Only the data keys are wrapped anew: no secret is opened. The old key stays for reading until nothing is wrapped by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.domain.connections.model import PlatformApp, SealedTokens
from app.flows.runtime import Runtime
from app.services.vault import Place


@dataclass(frozen=True, slots=True)
class _Kind:
    """One table of sealed secrets."""

    table: type[Any]
    place: Any
    """The place that a row's secret is bound to."""


def _token_place(row: SealedTokens) -> Place:
    return Place(row.tenant_id, SealedTokens.__tablename__, row.connection_id, row.field)


def _app_place(row: PlatformApp) -> Place:
    return Place(row.tenant_id, PlatformApp.__tablename__, row.id, "client_secret")


def _flow_place(row: OAuthFlow) -> Place:
    field = "grant" if row.state is FlowState.CHOOSING else "flow"
    return Place(row.tenant_id, OAuthFlow.__tablename__, row.id, field)


KINDS = (_Kind(SealedTokens, _token_place), _Kind(PlatformApp, _app_place), _Kind(OAuthFlow, _flow_place))


async def rotate(rt: Runtime) -> int:
    """Re-wrap everything that an older key wraps; gives how many secrets were."""
    done = 0
    for kind in KINDS:
        async with rt.db.system() as session:
            old = kind.table.kek_id.is_not(None) & (kind.table.kek_id != rt.vault.newest)
            rows = (await session.execute(select(kind.table.id, kind.table.tenant_id).where(old))).all()
        for row in rows:
            done += await _rewrap(rt, kind, row.tenant_id, row.id)
    return done


async def usage(rt: Runtime) -> Mapping[str, int]:
    """How many secrets each master key wraps."""
    found: Counter[str] = Counter()
    for kind in KINDS:
        async with rt.db.system() as session:
            query = select(kind.table.kek_id).where(kind.table.kek_id.is_not(None))
            found.update((await session.scalars(query)).all())
    return found


async def _rewrap(rt: Runtime, kind: _Kind, tenant: UUID, row_id: UUID) -> int:
    async with rt.db.transaction(tenant) as session:
        row = await session.scalar(select(kind.table).where(kind.table.id == row_id).with_for_update())
        if row is None or row.blob is None:
            return 0
        blob = rt.vault.rewrap(row.blob, kind.place(row))
        if blob is None:
            return 0
        values = {"blob": blob, "kek_id": rt.vault.kek_of(blob)}
        await session.execute(update(kind.table).where(kind.table.id == row_id).values(values))
    return 1
