"""One page of a bulk verb: choose, guard, judge, change, write down.

The caller owns the transaction. Asked dry, the same verdicts are given and nothing is changed. Jobs are locked in the
order of their ids, then their posts in theirs, so that two such calls cannot block each other. Each call has one line
in the audit log besides those of its jobs; by it a repeated idempotency key is answered again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.audited import audit_page
from app.domain.audit.queries import entry as read_entry
from app.domain.jobs import queries as jobs
from app.domain.jobs.errors import JobRefusal, SelectionChanged
from app.domain.jobs.model import Job
from app.domain.jobs.selection import Chosen, choose
from app.domain.posts.queries import lock as lock_posts
from app.flows.bulk.answer import AT_ONCE, Answer, Place, Reason, Refused, Request, Taken, Verb, Verdict
from app.kernel import ids
from app.kernel.errors import InvalidInput, NotFound
from app.services import idempotency

BY_CODE = {
    "JOB_NOT_RETRYABLE": Reason.NOT_FAILED,
    "JOB_NOT_RESCHEDULABLE": Reason.NOT_WAITING,
    "JOB_NOT_CANCELLABLE": Reason.NOT_CANCELLABLE,
    "JOB_NOT_DISCARDABLE": Reason.NOT_DISCARDABLE,
}
"""The refusal of a verb -> the reason that bulk answers give for it."""


async def run(session: AsyncSession, request: Request, verb: Verb) -> Answer:
    """Look at one page of jobs, and change those that can be.

    Raises:
        NotFound: a job that is named does not exist in this tenant.
        InvalidInput: neither or both of the filter and the jobs are named, or a filter without its count.
        SelectionChanged: another number of jobs matches than was expected.
        IdempotencyKeyReused: the key stands for another call.
    """
    _refuse_vague(request, verb)
    entry = ids.new()
    if request.idempotency_key is not None and not request.dry_run:
        asked = [verb.name, repr(request.selection), request.expected, verb.fingerprint()]
        first = await idempotency.remember(session, request.idempotency_key, asked, entry)
        if first is not None:
            return await _again(session, first)
    chosen = await choose(session, verb.narrowed(request.selection), AT_ONCE, lock=not request.dry_run)
    _refuse_changed(request, chosen)
    if not request.dry_run:
        await lock_posts(session, [job.post_id for job in chosen.jobs])
    verdicts = await verb.judge(session, chosen.jobs, lock=not request.dry_run)
    if not request.dry_run:
        verdicts = [await _carried_out(session, verb, verdict) for verdict in verdicts]
    answer = _answer(verdicts, chosen, verb, dry_run=request.dry_run)
    if not request.dry_run:
        await audit_page(session, entry, verb.name, _kept(answer))
    return answer


def refused(refusal: JobRefusal) -> Refused:
    """A verb's own refusal as a verdict."""
    return Refused(refusal.job, BY_CODE[refusal.code], refusal.message, refusal.hint)


def _refuse_vague(request: Request, verb: Verb) -> None:
    selection = request.selection
    if (selection.wanted is None) == (selection.ids is None):
        raise InvalidInput(
            "Name either a filter or the jobs.", hint="Give filter or jobIds, and not both.", path=("input", "filter")
        )
    if selection.ids is not None and not 0 < len(selection.ids) <= AT_ONCE:
        raise InvalidInput(
            f"Name 1 to {AT_ONCE} jobs.",
            hint="Give more jobs in several calls, or use a filter.",
            path=("input", "jobIds"),
        )
    if verb.preview and selection.wanted is not None and not request.dry_run and request.expected is None:
        raise InvalidInput(
            "A change by a filter needs the number of jobs that you have seen.",
            hint="Ask with dryRun first, then give its `matched` as expectedCount.",
            path=("input", "expectedCount"),
        )


def _refuse_changed(request: Request, chosen: Chosen) -> None:
    selection = request.selection
    if selection.ids is not None and selection.after is None and len(chosen.jobs) < len(set(selection.ids)):
        raise NotFound("job", path=("input", "jobIds"))
    if request.expected is not None and request.expected != chosen.matched:
        raise SelectionChanged(request.expected, chosen.matched)


async def _carried_out(session: AsyncSession, verb: Verb, verdict: Verdict) -> Verdict:
    if isinstance(verdict, Refused):
        return verdict
    try:
        return replace(verdict, job=await verb.carry_out(session, verdict))
    except JobRefusal as refusal:
        return refused(refusal)


def _answer(verdicts: Sequence[Verdict], chosen: Chosen, verb: Verb, *, dry_run: bool) -> Answer:
    more = chosen.matched > len(chosen.jobs)
    return Answer(
        taken=[one for one in verdicts if isinstance(one, Taken)],
        refused=[one for one in verdicts if isinstance(one, Refused)],
        matched=chosen.matched,
        cursor=Place(chosen.jobs[-1].id, verb.free_from()).cursor() if more else None,
        dry_run=dry_run,
    )


def _kept(answer: Answer) -> dict[str, Any]:
    return {
        "matched": answer.matched,
        "cursor": answer.cursor,
        "taken": [{"job": str(one.job.id), "at": one.at and one.at.isoformat()} for one in answer.taken],
        "refused": [
            {"job": str(one.job.id), "reason": one.reason.value, "message": one.message, "hint": one.hint}
            for one in answer.refused
        ],
    }


async def _again(session: AsyncSession, entry_id: UUID) -> Answer:
    """The first answer, with the jobs as they are now."""
    kept = (await read_entry(session, entry_id)).details
    named = [UUID(one["job"]) for one in (*kept["taken"], *kept["refused"])]
    known: dict[UUID, Job] = {job.id: job for job in await jobs.by_ids(session, named)}
    return Answer(
        taken=[
            Taken(job, one["at"] and datetime.fromisoformat(one["at"]))
            for one in kept["taken"]
            if (job := known.get(UUID(one["job"]))) is not None
        ],
        refused=[
            Refused(job, Reason(one["reason"]), one["message"], one["hint"])
            for one in kept["refused"]
            if (job := known.get(UUID(one["job"]))) is not None
        ],
        matched=kept["matched"],
        cursor=kept["cursor"],
        dry_run=False,
        repeated=True,
    )
