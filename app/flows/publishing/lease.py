"""A worker's own view of its lease: how long it may go on, measured by a clock that nobody can set.

The database decides whose the job is; this class stops a worker that was stopped itself (a paused process, a sleeping
machine) before it sends something that is not its to send any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.actions.jobs.checkpoint import LeaseLost, renew
from app.flows.runtime import Runtime

log = structlog.get_logger(__name__)


class Lease:
    """The time that is left, from before the claim."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        timing = rt.settings.timing
        self._usable = timing.lease - timing.lease_margin
        self.length = timedelta(seconds=timing.lease)
        self._deadline = 0.0
        self.extend()

    def extend(self) -> None:
        """Count from now. Call it just *before* the statement that takes or renews the lease is sent."""
        self._deadline = self._rt.clock.boottime() + self._usable

    def check(self) -> None:
        """Refuse to go on when the lease may be over.

        Raises:
            LeaseLost: the margin is reached; another worker may hold the job.
        """
        if self._rt.clock.boottime() >= self._deadline:
            raise LeaseLost("The lease of this job is over.", hint="Nothing to do: another worker takes it over.")

    @asynccontextmanager
    async def held(self, tenant: UUID, job_id: UUID, fence: int) -> AsyncIterator[None]:
        """Renew the lease in the background while the block runs, so that a long upload is not taken over."""
        keepers: list[asyncio.Task[None]] = []

        def begin() -> None:
            keepers.append(asyncio.create_task(self._keep(tenant, job_id, fence)))

        # Most posts are out long before the first renewal: a timer costs them less than a task that sleeps.
        first = asyncio.get_running_loop().call_later(self._pause, begin)
        try:
            yield
        finally:
            first.cancel()
            for keeper in keepers:
                keeper.cancel()
                with suppress(asyncio.CancelledError):
                    await keeper

    @property
    def _pause(self) -> float:
        """Seconds between two renewals."""
        return self.length.total_seconds() / 4

    async def _keep(self, tenant: UUID, job_id: UUID, fence: int) -> None:
        while True:
            started = self._rt.clock.boottime()
            try:
                async with self._rt.db.transaction(tenant) as session:
                    await renew(session, job_id=job_id, fence=fence, lease=self.length)
            except LeaseLost:
                # The next check stops the worker: at the latest just before the irreversible request.
                self._deadline = 0.0
                return
            except (SQLAlchemyError, OSError) as error:
                log.warning("lease.renewal_failed", job_id=str(job_id), error=type(error).__name__)
            else:
                self._deadline = started + self._usable
            await asyncio.sleep(self._pause)
