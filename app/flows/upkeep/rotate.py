"""Re-wrap secrets after a new master key was put first in the ring.

Only the data keys are wrapped anew: no secret is opened. The old key stays for reading until nothing is wrapped by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.domain.connections.model import PlatformApp, SealedTokens
from app.flows.runtime import Runtime
from app.services.db import Database
from app.services.vault import Place, Vault, VaultError


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


SAMPLES = 3
"""How many secrets are tried of each master key and table."""
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


async def closed_keys(db: Database, vault: Vault) -> Mapping[str, VaultError]:
    """The master keys in use under which nothing opens, and why: of each a few secrets are tried in each table.

    One that opens is enough: a key is right or wrong as a whole, and a damaged row says nothing of its key.
    """
    closed: dict[str, VaultError] = {}
    opened: set[str] = set()
    for kind in KINDS:
        for key_id, tenant, row_id in await _samples(db, kind):
            if key_id in opened:
                continue
            try:
                if await _opens(db, vault, kind, tenant, row_id):
                    opened.add(key_id)
            except VaultError as error:
                closed[key_id] = error
    return {key_id: error for key_id, error in closed.items() if key_id not in opened}


async def _samples(db: Database, kind: _Kind) -> Sequence[tuple[str, UUID, UUID]]:
    table = kind.table
    newest = func.row_number().over(partition_by=table.kek_id, order_by=table.id.desc())
    ranked = select(table.kek_id, table.tenant_id, table.id, newest.label("place")).where(table.kek_id.is_not(None))
    rows = ranked.subquery()
    query = select(rows.c.kek_id, rows.c.tenant_id, rows.c.id).where(rows.c.place <= SAMPLES)
    async with db.system() as session:
        return [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


async def _opens(db: Database, vault: Vault, kind: _Kind, tenant: UUID, row_id: UUID) -> bool:
    async with db.read(tenant) as session:
        row = await session.scalar(select(kind.table).where(kind.table.id == row_id))
        if row is None or row.blob is None:  # gone meanwhile
            return False
        vault.open(row.blob, kind.place(row))
        return True


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
