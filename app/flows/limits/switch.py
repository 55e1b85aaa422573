"""Switch a platform off for the whole installation, and on again. Who did it and why is written down.

From the switch on nothing new is begun there: each process knows within a second. Posts wait as rows and use no
attempt; when the platform is switched on they go out spread over a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.breakers.pause import Pause, pause, resume
from app.actions.jobs.let_out import let_out
from app.domain.audit.model import AuditEntry
from app.domain.breakers.errors import PlatformNotPaused
from app.domain.connections.errors import UnknownPlatform
from app.flows.health.model import PlatformSeen
from app.flows.health.read import platforms_seen
from app.flows.limits.weather import EACH_SECOND
from app.flows.runtime import Runtime
from app.kernel import ids
from app.kernel.timing import Timing
from connectors.catalog import Catalog
from connectors.catalog import UnknownPlatform as NotInCatalog


@dataclass(frozen=True, slots=True)
class By:
    """An operator's key, in whose workspace the act is written down."""

    tenant: UUID
    actor: str


def known(catalog: Catalog, platform: str) -> str:
    """The platform's key.

    Raises:
        UnknownPlatform: there is none here.
    """
    try:
        return catalog.get(platform).capabilities.key
    except NotInCatalog:
        known_here = ", ".join(one.capabilities.key for one in catalog.all())
        message, hint = f"There is no platform {platform!r} here.", f"Use one of: {known_here}."
        raise UnknownPlatform(message, hint=hint, path=("input", "platform")) from None


async def pause_platform(rt: Runtime, by: By, platform: str, reason: str) -> PlatformSeen:
    """Switch a platform off.

    Raises:
        UnknownPlatform: there is none here.
        InvalidInput: there is no reason.
    """
    command = Pause(known(rt.catalog, platform), reason, by.actor)
    async with rt.db.system() as session:
        await pause(session, command)
    return await _written(rt, by, "platform.pause", platform, {"reason": command.reason})


async def resume_platform(rt: Runtime, by: By, platform: str) -> PlatformSeen:
    """Switch a platform on, and let out what waited for it.

    Raises:
        UnknownPlatform: there is none here.
        PlatformNotPaused: nobody has switched it off.
    """
    key = known(rt.catalog, platform)
    async with rt.db.system() as session:
        waiting = await switched_on(session, key, by.actor, rt.settings.timing)
    return await _written(rt, by, "platform.resume", platform, {"released": waiting})


async def switched_on(session: AsyncSession, platform: str, actor: str, timing: Timing) -> int:
    """Switch a platform on in the system's transaction; gives how many posts go out now.

    Raises:
        PlatformNotPaused: nobody has switched it off.
    """
    if not await resume(session, platform, actor):
        raise PlatformNotPaused(platform)
    return await let_out(session, platform, least=timing.breaker_spread, each_second=EACH_SECOND)


async def _written(rt: Runtime, by: By, verb: str, platform: str, details: dict[str, Any]) -> PlatformSeen:
    rt.weather.forget()
    async with rt.db.transaction(by.tenant) as session:
        entry = AuditEntry(
            id=ids.new(),
            tenant_id=by.tenant,
            actor=by.actor,
            verb=verb,
            subject_kind="platform",
            subject_id=None,
            details={"platform": platform, **details},
        )
        session.add(entry)
        await session.flush()
    seen = await platforms_seen(rt, by.tenant)
    return next((one for one in seen if one.key == platform), PlatformSeen(platform, (), {}))
