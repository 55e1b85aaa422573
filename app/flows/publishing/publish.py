"""Publish one job: claim, ready the token, prepare, intend, send, settle.

Each step is a verb in a transaction of its own; each wait for the network is outside of one. The intent is committed
before the irreversible request leaves, so that a crash at any line of this file is one of two cases: nothing was
sent, or the outcome is unknown and reconcile looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from app.actions.jobs.checkpoint import Checkpoint, LeaseLost, checkpoint
from app.actions.jobs.claim import Claim, Claimed, claim
from app.actions.jobs.intend import Intend, intend
from app.domain.jobs.faults import stored as as_stored
from app.domain.jobs.states import JobEvent, JobState, JobStep
from app.domain.jobs.verdict import NEEDS_USER, Verdict
from app.flows.connections.stored import Stored, stored
from app.flows.publishing.lease import Lease
from app.flows.publishing.tries import NotStorable, Try
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.kernel.storable import storable
from app.services import events
from connectors.contract import (
    Account,
    Content,
    Failed,
    Outcome,
    Pending,
    PrepareStep,
    Problem,
    Published,
    PublishTask,
    Severity,
    Unknown,
)
from connectors.faults import HINTS, Effect, Fault, FaultKind, PlatformFault
from connectors.quotas import QuotaRule

log = structlog.get_logger(__name__)


async def publish(rt: Runtime, tenant: UUID, job_id: UUID, worker: str, quotas: Sequence[QuotaRule] = ()) -> None:
    """Publish a due job, if it can be claimed; else leave it as it is.

    Raises:
        QuotaSpent: one of the platform's allowances has no room for it; nothing was changed.
    """
    lease = Lease(rt)
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, "worker")
        claimed = await claim(session, Claim(job_id, lease.length, worker, quotas))
        known = await stored(session, claimed.job.connection_id) if claimed is not None else None
    if claimed is None:
        return
    await publish_claimed(rt, tenant, claimed, lease, known)


async def publish_claimed(rt: Runtime, tenant: UUID, claimed: Claimed, lease: Lease, known: Stored | None) -> None:
    """Publish a job that was just claimed under this lease; `known` is its connection as it was read with it."""
    attempt = Try.of(rt, tenant, claimed, lease, known)
    async with lease.held(tenant, attempt.job.id, attempt.job.fence):
        await publish_parts(attempt)


async def publish_parts(attempt: Try) -> None:
    """Publish the parts that are not out yet, one after the other."""
    try:
        while attempt.job.state is JobState.PUBLISHING:
            await _publish_part(attempt)
    except LeaseLost as lost:
        log.warning("job.lease_lost", job_id=str(attempt.job.id), reason=lost.message)


async def _publish_part(attempt: Try) -> None:
    intended = False
    try:
        task = await attempt.task(attempt.job.part)
        account = await _preflight(attempt, task)
        await attempt.keep_pace(account.server)
        task = replace(task, checkpoint=await _prepare(attempt, task))
        if not await _intend(attempt):
            log.info("job.stopped_before_sending", job_id=str(attempt.job.id))
            return
        intended = True
        outcome = await attempt.call(lambda access: _send(attempt, access, task))
    except PlatformFault as error:
        outcome = _outcome(error.fault)
    except LeaseLost:
        raise
    except Exception:
        # A bug of ours or of a connector's must not look like a dead worker, nor be sent twice.
        log.exception("job.unexpected", job_id=str(attempt.job.id), intended=intended)
        outcome = _outcome(_unexpected(intended=intended))
    await _settle(attempt, outcome)


async def _preflight(attempt: Try, task: PublishTask) -> Account:
    # Checked when it was scheduled; the account's limits may be others by now.
    account = await attempt.account()
    content = Content((task.part,), task.languages, task.options if task.position == 0 else {}, first=task.position)
    found = [p for p in attempt.connector.validate(content, account) if p.severity is Severity.ERROR]
    if found:
        raise PlatformFault(_refused(found[0]))
    return account


async def _prepare(attempt: Try, task: PublishTask) -> Mapping[str, Any]:
    async def save(step: PrepareStep, data: Mapping[str, Any]) -> None:
        attempt.lease.extend()
        position, fence = task.position, attempt.job.fence
        clean = storable(data)
        kept = Checkpoint(attempt.job.id, fence, attempt.lease.length, position, JobStep(step.value), clean)
        async with attempt.rt.db.transaction(attempt.tenant) as session:
            await checkpoint(session, kept)

    async def prepare(access: Any) -> Mapping[str, Any]:
        return await attempt.connector.prepare(attempt.context, access, task, save)

    return await attempt.call(prepare)


async def _intend(attempt: Try) -> bool:
    command = Intend(attempt.job.id, attempt.job.fence, attempt.lease.length, attempt.job.part)
    async with attempt.rt.db.transaction(attempt.tenant) as session:
        events.act_as(session, "worker")
        return await intend(session, command)


async def _send(attempt: Try, access: Any, task: PublishTask) -> Outcome:
    lag = attempt.rt.clock.now() - attempt.job.due_at
    metrics.DUE_LAG.labels(platform=attempt.job.platform).observe(max(0.0, lag.total_seconds()))
    outcome = await attempt.connector.publish(attempt.context, access, task)
    if isinstance(outcome, Failed) and outcome.fault.kind in NEEDS_USER:
        # Nothing had happened: `call` renews the access and sends once more, or tells the connection.
        raise PlatformFault(outcome.fault)
    return outcome


async def _settle(attempt: Try, outcome: Outcome) -> None:
    job = attempt.job
    verdict = attempt.verdict_on(outcome)
    if verdict.event is JobEvent.LOSE_ANSWER:
        verdict = replace(verdict, wait=attempt.rt.settle_delay(job.platform))
    try:
        await attempt.settle(verdict, outcome)
    except NotStorable as refused:
        if not isinstance(outcome, Published | Pending):
            raise  # the row says what it said before; its lease ends and the rescuer goes on from there
        # Sent, and where it is cannot be written down: reconcile looks, and a person decides in the end.
        fault = as_stored(Fault(FaultKind.UNEXPECTED_ANSWER, str(refused), "It is looked for.", effect=Effect.UNKNOWN))
        await attempt.settle(Verdict(JobEvent.LOSE_ANSWER, wait=attempt.rt.settle_delay(job.platform), fault=fault))


def _outcome(fault: Fault) -> Outcome:
    return Unknown(fault) if fault.effect is Effect.UNKNOWN else Failed(fault)


def _refused(problem: Problem) -> Fault:
    return Fault(FaultKind.INVALID_CONTENT, problem.message, problem.fix, code=problem.rule)


def _unexpected(*, intended: bool) -> Fault:
    return Fault(
        FaultKind.UNEXPECTED_ANSWER,
        "Something went wrong here while the post was being published.",
        HINTS[FaultKind.UNEXPECTED_ANSWER],
        effect=Effect.UNKNOWN if intended else Effect.NONE,
    )
