"""The checker: the platforms' ledger against the rows, the events and what followers saw.

It runs when all is quiet. What must be true of the rows alone `postd verify` knows; what it cannot see is checked here:
the platforms, and the clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.jobs.model import Job
from app.domain.jobs.states import FINAL, JobState
from app.flows.runtime import Runtime
from app.flows.upkeep.verify import PATIENCE, verify_tenant
from tests.torture.windows import Outcome

QUIET = (*FINAL, JobState.NEEDS_REVIEW)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of one post."""

    outcome: Outcome
    why: str = ""


def judge(job: Job, effects: Sequence[Mapping[str, Any]]) -> Verdict:
    """Compare a job that is quiet with what the platform's ledger has of its post."""
    published = [one for one in effects if one["action"] == "published"]
    count = len(published)
    fault = job.fault or {}
    if job.state not in QUIET:
        return Verdict(Outcome.BROKEN, f"it has not come to an end: {job.state} {job.step} {fault.get('message', '')}")
    if job.wake_at is not None or job.lease_until is not None:
        return Verdict(Outcome.BROKEN, f"a {job.state} job has a next moment or a lease")
    if count > 1:
        return Verdict(Outcome.TWICE, f"the ledger has it {count} times; the job is {job.state}")
    if job.state is JobState.PUBLISHED:
        if count == 0:
            return Verdict(Outcome.BROKEN, "published, and the ledger has nothing")
        if job.platform_ref != published[0]["id"]:
            return Verdict(Outcome.BROKEN, f"published as {job.platform_ref}, the ledger has {published[0]['id']}")
        return Verdict(Outcome.ONCE)
    if job.state is JobState.NEEDS_REVIEW:
        return Verdict(Outcome.PERSON, str(fault.get("message", "")))
    if count:
        return Verdict(Outcome.BROKEN, f"{job.state}, and the ledger has it")
    if job.state is JobState.FAILED and not fault.get("message"):
        return Verdict(Outcome.BROKEN, "failed without a reason")
    return Verdict(Outcome.REASON, str(fault.get("message", "")))


Mark = tuple[str, str]
"""A word that only one post says, and the handle of an account: together they name one job."""


async def effects_by_mark(ask: Any, marks: Sequence[Mark]) -> dict[Mark, list[dict[str, Any]]]:
    """Everything in the ledger, by the word and the account."""
    found: dict[Mark, list[dict[str, Any]]] = {mark: [] for mark in marks}
    for effect in (await ask("GET", "/ledger/effects"))["effects"]:
        for word in effect["text"].split():
            if (word, effect["account"]) in found:
                found[word, effect["account"]].append(effect)
    return found


async def tenant_troubles(rt: Runtime, tenant: UUID) -> list[str]:
    """What is wrong with a workspace's rows and events, whatever became of its posts: what `postd verify` finds."""
    return [
        f"{finding.invariant.name}: broken by {finding.count}" if finding.finished else "verify did not finish"
        for finding in await verify_tenant(rt.db, tenant, patience=PATIENCE)
    ]
