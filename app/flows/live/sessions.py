"""Open connections by key: so that they end when the key does, and no key opens too many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from app.domain.keys.errors import KeyRefused
from app.domain.keys.principal import Principal
from app.flows.identify import identify
from app.flows.runtime import Runtime
from connectors.secret import Secret

REVOKED = "The key was revoked."
EXPIRED = "The key has expired."

_log = structlog.get_logger(__name__)

End = Callable[[str], Awaitable[None]]
"""Ends a connection, with the reason for the client."""


class TooManySessions(Exception):
    """This key holds enough connections in this process."""


@dataclass(eq=False, slots=True)
class Session:
    """One connection that stays open."""

    principal: Principal
    credential: Secret = field(repr=False)
    end: End
    timer: asyncio.Task[None] | None = None


class Sessions:
    """The connections that one process holds open."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._open: dict[UUID, set[Session]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        rt.bus.on_revoked(self._revoked)

    def enter(self, principal: Principal, credential: Secret, end: End) -> Session:
        """Hold a connection from now on.

        Raises:
            TooManySessions: it must not be opened.
        """
        known = self._open.setdefault(principal.credential_id, set())
        if len(known) >= self._rt.settings.key_sockets:
            raise TooManySessions
        session = Session(principal, credential, end)
        known.add(session)
        if principal.expires_at is not None:
            session.timer = asyncio.create_task(self._expire(session, principal.expires_at))
        return session

    def leave(self, session: Session) -> None:
        """Let go of a connection that is closed."""
        if session.timer is not None:
            session.timer.cancel()
        known = self._open.get(session.principal.credential_id, set())
        known.discard(session)
        if not known:
            self._open.pop(session.principal.credential_id, None)

    def __len__(self) -> int:
        return sum(len(known) for known in self._open.values())

    async def _expire(self, session: Session, at: datetime) -> None:
        # Looked at again after each sleep: the wall clock may be set meanwhile.
        while (left := (at - self._rt.clock.now()).total_seconds()) > 0:  # noqa: ASYNC110 -- a time is waited for
            await asyncio.sleep(min(left, 3600))
        await self._end(session, EXPIRED)

    def _revoked(self, credential_id: UUID | None) -> None:
        if credential_id is None:
            self._start(self._look_again())
        for session in tuple(self._open.get(credential_id, ())) if credential_id is not None else ():
            self._start(self._end(session, REVOKED))

    async def _look_again(self) -> None:
        """Messages may have been missed: ask for every key once."""
        for known in tuple(self._open.values()):
            for session in tuple(known)[:1]:
                try:
                    await identify(self._rt, session.credential)
                except KeyRefused:
                    for one in tuple(known):
                        await self._end(one, REVOKED)
                except Exception:  # noqa: BLE001 -- the next look may be luckier; a key is also checked by every request
                    _log.warning("sessions.not_checked", exc_info=True)

    async def _end(self, session: Session, reason: str) -> None:
        with suppress(Exception):
            await session.end(reason)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
