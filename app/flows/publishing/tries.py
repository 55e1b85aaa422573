"""One try at a job: what it works with, and how its end is written down.

Publishing, polling and reconciling share this: the access to the account, the record of what was said to the
platform, the lease, and a settlement that survives a short loss of the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import orjson
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.actions.jobs.claim import Claimed
from app.actions.jobs.settle import Settlement, settle
from app.actions.posts.compose import as_account, as_options, as_part
from app.domain.breakers.states import Operation
from app.domain.jobs.faults import BY_HAND
from app.domain.jobs.late import lateness
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.states import JobState
from app.domain.jobs.verdict import Verdict
from app.domain.jobs.verdict import judge as judge_outcome
from app.flows.connections.stored import Stored, stored
from app.flows.limits.pace import keep_pace
from app.flows.limits.told import Told, act_on
from app.flows.publishing.authority import Authority
from app.flows.publishing.files import prepared_files
from app.flows.publishing.lease import Lease
from app.flows.publishing.lost import hold_back, weighed
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.kernel.storable import storable
from app.services import events
from app.services.db import passing
from connectors.contract import (
    Access,
    Account,
    Connector,
    Context,
    Outcome,
    Pending,
    Published,
    PublishedRef,
    PublishTask,
)
from connectors.exchanges import Exchange
from connectors.faults import Fault, FaultKind, PlatformFault

log = structlog.get_logger(__name__)
T = TypeVar("T")

ANOTHERS = "The post that the platform names belongs to another job."
MAX_EXCHANGES = 40
"""A timeline shows the first and the last exchanges of a try; a long upload must not fill the database."""


class NotStorable(Exception):
    """The database refuses what the platform answered, and always will; nothing was written. Says why, for people."""


@dataclass(slots=True)
class Try:
    """A claimed job in the hands of one worker."""

    rt: Runtime
    tenant: UUID
    job: Job
    parts: list[JobPart]
    lease: Lease
    authority: Authority
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    @classmethod
    def of(cls, rt: Runtime, tenant: UUID, claimed: Claimed, lease: Lease, known: Stored | None = None) -> Try:
        """A try at what was claimed; `known` is the connection as it was read with it."""
        operation = Operation.PUBLISH if claimed.job.state is JobState.PUBLISHING else Operation.READ
        authority = Authority(rt, tenant, claimed.job.connection_id, operation, known)
        return cls(rt, tenant, claimed.job, list(claimed.parts), lease, authority)

    @property
    def connector(self) -> Connector:
        """The job's platform."""
        return self.rt.catalog.get(self.job.platform)

    @property
    def context(self) -> Context:
        """The world as the connector sees it; every exchange is kept, and nothing leaves after the lease."""
        heed = partial(self.told.heed, now=self.rt.clock.now())
        return self.rt.connector_context(
            self.job.platform,
            recorder=self._record,
            before_effect=self.lease.check,
            heed=heed,
            told=self.told.figures.append,
        )

    def _record(self, exchange: Exchange) -> None:
        kept = orjson.loads(orjson.dumps(storable(asdict(exchange)), default=str))
        if len(self.exchanges) >= MAX_EXCHANGES:
            del self.exchanges[MAX_EXCHANGES // 2]
        self.exchanges.append(kept)

    async def account(self) -> Account:
        """The account with its limits: as they were read with the claim, later as they are."""
        known = self.authority.known
        if known is None:
            async with self.rt.db.read(self.tenant) as session:
                known = await stored(session, self.job.connection_id)
        return as_account(known.connection)

    async def call(self, request: Callable[[Access], Awaitable[T]]) -> T:
        """Call the platform with fresh access; a refused token is renewed, or proved dead, and tried once more.

        Raises:
            PlatformFault: as the platform answered; `authority` knows what it means for the account.
        """
        try:
            return await self.authority.call(self.connector, self.context, request)
        finally:
            await act_on(self.rt, self.tenant, self.job, self.authority.access, self.told)

    async def keep_pace(self, server: str) -> None:
        """Wait until the next part may leave for a server, if that is soon.

        Raises:
            PlatformFault: RATE_LIMITED, with the time to wait.
        """
        where = (self.job.platform, server)
        await keep_pace(self.rt, self.tenant, self.job.connection_id, where, self.connector.capabilities.pace)

    async def task(self, position: int) -> PublishTask:
        """The part at `position` as a connector takes it."""
        row, content = self.parts[position], self.job.content
        if position and BY_HAND in self.parts[position - 1].extra:
            raise PlatformFault(_cannot_go_on(position))
        part = content["parts"][position]
        # What options name stands in the first part; the comments and replies below it have no use for it.
        named = content["options"] if position == 0 else None
        can = self.connector.capabilities
        rules = can.images_for(content["options"])
        files = await prepared_files(self.rt, self.tenant, part, rules, named, can.option_images)
        return PublishTask(
            part=as_part(part, files.rows, files.opener, files.linker),
            position=position,
            attempt_key=row.attempt_key,
            composed_at=row.composed_at,
            options=as_options(content["options"], files.rows, files.opener, files.linker),
            languages=tuple(content["languages"]),
            checkpoint=row.checkpoint,
            root=_ref(self.parts[0]) if position else None,
            parent=_ref(self.parts[position - 1]) if position else None,
            intended_at=row.intended_at,
        )

    def verdict_on(self, outcome: Outcome) -> Verdict:
        """What follows from the outcome of the part under way."""
        job = self.job
        return judge_outcome(
            outcome,
            attempts=job.attempts,
            max_attempts=job.max_attempts,
            last_part=job.part == job.parts - 1,
            timing=self.rt.settings.timing,
        )

    async def settle(self, verdict: Verdict, outcome: Outcome | None = None) -> Job:
        """Write the end of the try down, with what the platform gave, and tell the connection when access is lost.

        Raises:
            LeaseLost: the job is not ours any more; nothing was written.
            NotStorable: where the part is cannot be written down; nothing was written.
        """
        ref = outcome.ref if isinstance(outcome, Published) else None
        checkpoint = outcome.checkpoint if isinstance(outcome, Pending) else None
        if ref is not None:
            ref = PublishedRef(storable(ref.id), storable(ref.url), storable(ref.extra))
        command = Settlement(
            job_id=self.job.id,
            fence=self.job.fence,
            part=self.job.part,
            verdict=verdict,
            ref=ref,
            checkpoint=storable(checkpoint) if checkpoint is not None else None,
            exchanges=tuple(self.exchanges),
        )
        try:
            job = await self._patiently(lambda: self._settle(command))
        except DBAPIError as error:
            log.exception("job.not_storable", job_id=str(self.job.id), verdict=verdict.event)
            taken = "uq_jobs_platform_ref" in str(error.orig)
            raise NotStorable(ANOTHERS if taken else "What the platform answered cannot be stored.") from error
        if self.authority.refused:
            await hold_back(self.rt, self.tenant, job.connection_id)
        metrics.PUBLISHES.labels(platform=job.platform, outcome=job.state).inc()
        if verdict.fault is not None:
            metrics.FAULTS.labels(platform=job.platform, kind=verdict.fault["kind"]).inc()
        if job.published_at is not None and job.state is JobState.PUBLISHED:
            metrics.ACCEPTED_LAG.labels(platform=job.platform).observe(lateness(job))
        log.info("job.settled", job_state=job.state, verdict=verdict.event, platform=job.platform)
        if ref is not None and verdict.fault is None:
            self.parts[command.part].platform_ref, self.parts[command.part].url = ref.id, ref.url
            self.parts[command.part].extra = dict(ref.extra)
        self.job = job
        return job

    async def _settle(self, command: Settlement) -> Job:
        async with self.rt.db.transaction(self.tenant) as session:
            events.act_as(session, "worker")
            command = await weighed(session, self.rt, self.job, self.authority, command)
            return await settle(session, command)

    async def _patiently(self, work: Callable[[], Awaitable[Job]]) -> Job:
        # The platform has answered and the answer is all we have: a database that restarts must not lose it. After
        # the lease the rescuer takes over, and reconcile finds the post.
        wait = 0.1
        while True:
            try:
                return await work()
            except (DBAPIError, PoolTimeout, OSError) as error:
                if not passing(error):
                    raise  # a constraint, or data that it does not take: the same statement would fail again
                self.lease.check()
                log.warning("job.settle_again", job_id=str(self.job.id), error=type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 2.0)


def _cannot_go_on(position: int) -> Fault:
    message = f"Part {position} was confirmed by hand: there is no platform's id for part {position + 1} to reply to."
    hint = "Post the rest by hand below it, or schedule it as a post of its own."
    return Fault(FaultKind.INVALID_CONTENT, message, hint)


def _ref(part: JobPart) -> PublishedRef | None:
    return PublishedRef(part.platform_ref, part.url, part.extra) if part.platform_ref else None
