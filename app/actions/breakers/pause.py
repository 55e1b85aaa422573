"""Switch a platform off by hand, and on again.

Promise: from the commit on nothing new is begun there, in any process, within a second; what was sent already is not
taken back. Only a person ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel import ids
from app.kernel.errors import InvalidInput

PAUSE = text(
    """
    INSERT INTO breakers AS here
        (platform, host, operation, state, episode, since, reason, opened, actor)
    VALUES (:platform, '', 'all', 'paused', :episode, clock_timestamp(), :reason, 1, :actor)
    ON CONFLICT (platform, host, operation) DO UPDATE SET
        state = 'paused', reason = excluded.reason, actor = excluded.actor, updated_at = clock_timestamp(),
        episode = CASE WHEN here.state = 'paused' THEN here.episode ELSE excluded.episode END,
        since = CASE WHEN here.state = 'paused' THEN here.since ELSE excluded.since END
    """
)
RESUME = text(
    """
    UPDATE breakers SET state = 'closed', actor = :actor, updated_at = clock_timestamp()
    WHERE platform = :platform AND host = '' AND operation = 'all' AND state = 'paused' RETURNING 1
    """
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Which platform, why, in whose name."""

    platform: str
    reason: str
    actor: str


async def pause(session: AsyncSession, command: Pause) -> None:
    """Switch a platform off; where it is off, the reason becomes this one.

    Raises:
        InvalidInput: there is no reason: whoever waits is told it.
    """
    reason = " ".join(command.reason.split())
    if not reason or len(reason) > 500:
        raise InvalidInput(
            "A pause needs a reason of 1 to 500 characters.",
            hint="Say in a sentence why nothing goes out: users are shown it.",
            path=("input", "reason"),
        )
    values = {"platform": command.platform, "reason": reason, "actor": command.actor, "episode": ids.new()}
    await session.execute(PAUSE, values)


async def resume(session: AsyncSession, platform: str, actor: str) -> bool:
    """Switch a platform on; False where it was not off."""
    return bool(await session.scalar(RESUME, {"platform": platform, "actor": actor}))
