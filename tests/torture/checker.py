"""The checker: the platforms' ledger against the rows, the events and what followers saw.

It runs when all is quiet. What it needs of the tables it reads as an operator would, by SQL and the public records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domain.jobs.model import Job
from app.domain.jobs.states import FINAL, JobState
from app.domain.posts.model import Post
from app.domain.posts.states import project
from app.flows.runtime import Runtime
from app.services import events
from tests.torture.follower import MOST
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


async def effects_by_word(ask: Any, words: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Everything in the ledger whose text has one of these words."""
    known = set(words)
    found: dict[str, list[dict[str, Any]]] = {word: [] for word in words}
    for effect in (await ask("GET", "/ledger/effects"))["effects"]:
        for word in known.intersection(effect["text"].split()):
            found[word].append(effect)
    return found


async def tenant_troubles(rt: Runtime, tenant: UUID) -> list[str]:
    """What is wrong with a workspace's records, whatever became of its posts."""
    async with rt.db.snapshot(tenant) as session:
        jobs = (await session.scalars(select(Job))).all()
        posts = (await session.scalars(select(Post))).all()
        rows = await events.read_after(session, 0, MOST)
    troubles: list[str] = []
    if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
        troubles.append("the events have a gap")
    replayed = {row.subject_id: row.changes["state"] for row in rows if "state" in row.changes}
    for job in jobs:
        if replayed.get(job.id) != job.state:
            troubles.append(f"the events of a job end in {replayed.get(job.id)}, its row is {job.state}")
        if (job.wake_at is None) != (job.state in QUIET):
            troubles.append(f"a {job.state} job has {'no' if job.wake_at is None else 'a'} next moment")
    ends = Counter(row.subject_id for row in rows if row.type == "job.published")
    troubles += [f"a job was published {times} times in the events" for times in ends.values() if times > 1]
    for post in posts:
        state = project([job.state for job in jobs if job.post_id == post.id])
        if state != post.state:
            troubles.append(f"a post is {post.state}, its jobs say {state}")
    return troubles
