"""Find out what became of a job: poll one that the platform processes, look for one whose answer was lost.

Nothing is sent here. A job that was found is published; one that is proved absent is tried again under the same key;
one that cannot be told is given to a person, after the installation's patience. Nothing unknown is ever sent blindly.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.postpone import Postponement, postpone
from app.actions.jobs.watch import Watch, watch
from app.domain.jobs.faults import WORKER_CRASHED, own
from app.domain.jobs.queries import is_anothers
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import NEEDS_USER, Verdict, backoff
from app.flows.publishing.lease import Lease
from app.flows.publishing.tries import ANOTHERS, NotStorable, Try
from app.flows.runtime import Runtime
from app.kernel.storable import storable
from app.services import events
from connectors.catalog import UnknownPlatform
from connectors.contract import Absent, Failed, Finding, Found, Outcome, Pending, Published, PublishedRef, Undecided
from connectors.faults import FaultKind, PlatformFault

log = structlog.get_logger(__name__)

UNEXPECTED = "Something went wrong here while the platform was asked."


async def poll(rt: Runtime, tenant: UUID, job_id: UUID, worker: str) -> None:
    """Ask the platform once how a job that it processes is coming along."""
    attempt = await _take(rt, tenant, job_id, JobState.PROCESSING, worker)
    if attempt is None:
        return
    async with attempt.lease.held(tenant, job_id, attempt.job.fence):
        outcome = await _asked(attempt)
    limit = _patience(attempt)
    since = attempt.job.processing_since or _asked_at(attempt)
    if isinstance(outcome, Pending | str) and _asked_at(attempt) - since > limit:
        fault = own("processing_overdue", "The platform has not finished the post in its time.", "It is looked for.")
        await _settle(attempt, Verdict(JobEvent.OVERDUE, wait=timedelta(), fault=fault))
        return
    if isinstance(outcome, str):
        await _later(attempt, outcome)
        return
    job = attempt.job
    verdict = attempt.verdict_on(outcome)
    if verdict.event is JobEvent.LOSE_ANSWER:
        verdict = Verdict(JobEvent.OVERDUE, wait=verdict.wait, fault=verdict.fault)
    elif verdict.event is JobEvent.PUBLISH_PART:
        # Another job of the connection may run by now: the next part waits for its turn and is claimed afresh.
        verdict = Verdict(JobEvent.FIND_PART)
    try:
        await _settle(attempt, verdict, outcome)
    except NotStorable as refused:
        fault = own("unexpected_answer", str(refused), "It is looked for.")
        await _settle(attempt, Verdict(JobEvent.OVERDUE, wait=rt.settle_delay(job.platform), fault=fault))


def _patience(attempt: Try) -> timedelta:
    try:
        return attempt.connector.capabilities.processing_timeout
    except UnknownPlatform:  # the connector was taken out: nobody will hear of it any more
        return timedelta()


async def _asked(attempt: Try) -> Outcome | str:
    """The platform's word, or why there is none: that says nothing about the post, so it is no reason to act."""
    try:
        task = await attempt.task(attempt.job.part)
        outcome = await attempt.call(lambda access: attempt.connector.poll(attempt.context, access, task))
    except PlatformFault as error:
        return error.fault.message
    except Exception:
        log.exception("job.unexpected", job_id=str(attempt.job.id))
        return UNEXPECTED
    if isinstance(outcome, Failed) and outcome.fault.kind in NEEDS_USER:
        return outcome.fault.message
    return outcome


async def reconcile(rt: Runtime, tenant: UUID, job_id: UUID, worker: str) -> None:
    """Look once for a job whose outcome is unknown."""
    attempt = await _take(rt, tenant, job_id, JobState.UNKNOWN, worker)
    if attempt is None:
        return
    async with attempt.lease.held(tenant, job_id, attempt.job.fence):
        finding = await _found(attempt)
    last = attempt.job.part == attempt.job.parts - 1
    match finding:
        case Found(ref=ref):
            await _take_for_ours(attempt, ref, Verdict(JobEvent.FIND if last else JobEvent.FIND_PART))
        case Absent(evidence=evidence) if _too_early(attempt):
            await _later(attempt, evidence)
        case Absent() if attempt.job.crashes >= rt.settings.timing.max_crashes:
            await _settle(attempt, Verdict(JobEvent.BURY, fault=WORKER_CRASHED))
        case Absent() if _refused_as_duplicate(attempt):
            # It stands against another post, not against a lost try of this one: the next try would hear the same.
            await _settle(attempt, Verdict(JobEvent.BURY, fault=attempt.job.fault))
        case Absent():
            # A platform that loses answers loses the next one too: each try that was in vain waits longer.
            wait = backoff(attempt.job.attempts, rt.settings.timing)
            await _settle(attempt, Verdict(JobEvent.PROVE_ABSENT, wait=wait, fault=attempt.job.fault))
        case Undecided(evidence=evidence):
            await _undecided(attempt, evidence)


def _too_early(attempt: Try) -> bool:
    """Whether the platform may not show yet what it has: a webhook can bring us here before the settle delay."""
    since = attempt.job.unknown_since
    return since is not None and _asked_at(attempt) - since < attempt.rt.settle_delay(attempt.job.platform)


def _asked_at(attempt: Try) -> datetime:
    """When this look began, by the database's clock: a worker whose own is wrong must not believe an absence early."""
    until = attempt.job.lease_until
    return until - attempt.lease.length if until is not None else attempt.rt.clock.now()


def _refused_as_duplicate(attempt: Try) -> bool:
    return attempt.job.fault is not None and attempt.job.fault["kind"] == FaultKind.DUPLICATE


async def _found(attempt: Try) -> Finding:
    try:
        task = await attempt.task(attempt.job.part)
        return await attempt.call(lambda access: attempt.connector.reconcile(attempt.context, access, task))
    except PlatformFault as error:
        return Undecided(error.fault.message)
    except Exception:
        # Looked for again, and given to a person in the end: a bug of ours must not hide the job for ever.
        log.exception("job.unexpected", job_id=str(attempt.job.id))
        return Undecided(UNEXPECTED)


async def _take_for_ours(attempt: Try, ref: PublishedRef, verdict: Verdict) -> None:
    """Publish at what was found, unless it is the post of another job: two posts may have the same text."""
    async with attempt.rt.db.read(attempt.tenant) as session:
        anothers = await is_anothers(session, attempt.job, storable(ref.id))
    if anothers:
        await _undecided(attempt, ANOTHERS)
        return
    try:
        await _settle(attempt, verdict, Published(ref))
    except NotStorable as refused:
        await _undecided(attempt, str(refused))


async def _undecided(attempt: Try, evidence: str) -> None:
    rt = attempt.rt
    since = attempt.job.unknown_since or _asked_at(attempt)
    if _asked_at(attempt) - since < timedelta(seconds=rt.settings.timing.review_after):
        await _later(attempt, evidence)
        return
    fault = own(
        "outcome_unknown",
        f"The post was sent, no answer came, and it could not be found out whether it is there: {evidence}",
        "Look at the account on the platform, then settle the job with resolveJob.",
    )
    await _settle(attempt, Verdict(JobEvent.ASK, fault=fault))


async def _take(rt: Runtime, tenant: UUID, job_id: UUID, state: JobState, worker: str) -> Try | None:
    lease = Lease(rt)
    async with rt.db.transaction(tenant) as session:
        claimed = await watch(session, Watch(job_id, state, lease.length, worker))
    return Try.of(rt, tenant, claimed, lease) if claimed is not None else None


async def _settle(attempt: Try, verdict: Verdict, outcome: Outcome | None = None) -> None:
    try:
        await attempt.settle(verdict, outcome)
    except LeaseLost as lost:
        log.warning("job.lease_lost", job_id=str(attempt.job.id), reason=lost.message)


async def _later(attempt: Try, evidence: str) -> None:
    wait = attempt.rt.settle_delay(attempt.job.platform)
    command = Postponement(attempt.job.id, attempt.job.fence, wait, storable(evidence), tuple(attempt.exchanges))
    async with attempt.rt.db.transaction(attempt.tenant) as session:
        events.act_as(session, "worker")
        await postpone(session, command)
