"""Change or remove a post that is out, on the platform itself, where the platform can.

Promise: what is answered is what the platform did. The job stays `published`: it was; the event log and the audit
log say what was done to it afterwards, and by whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.annotate import annotate
from app.actions.jobs.withdraw import withdraw
from app.actions.posts.compose import as_options, as_part
from app.actions.posts.uses import note
from app.domain.jobs.errors import JobNotEditable, JobNotPublished
from app.domain.jobs.model import Job, JobPart
from app.domain.jobs.queries import contents_of, parts_of
from app.domain.jobs.queries import job as read_job
from app.domain.jobs.states import JobState
from app.domain.posts.content import Stored
from app.domain.posts.errors import InvalidContent, TargetProblem
from app.domain.posts.queries import post as read_post
from app.flows.connections.access import ready
from app.flows.publishing.files import prepared_files
from app.flows.runtime import Runtime
from app.kernel.errors import DomainError
from app.services import events
from app.services.db import tenant_of
from connectors.contract import (
    Access,
    Connector,
    Content,
    Context,
    Part,
    PrepareStep,
    Problem,
    PublishedRef,
    PublishTask,
    Severity,
)
from connectors.faults import HINTS, PlatformFault


class PlatformRefused(DomainError):
    """The platform did not do it. Nothing was changed here."""

    code: ClassVar[str] = "PLATFORM_REFUSED"

    def __init__(self, error: PlatformFault) -> None:
        super().__init__(error.fault.message, hint=error.fault.hint or HINTS[error.fault.kind], path=("input", "jobId"))
        self.fault = error.fault


@dataclass(frozen=True, slots=True)
class Deleted:
    """The job as it is now, and how many of its parts were removed."""

    job: Job
    parts: int


async def delete_published(rt: Runtime, tenant: UUID, actor: str, job_id: UUID) -> Deleted:
    """Remove every part of a post that is on the platform, the last one first; also of a thread that failed half-way.

    Raises:
        NotFound, JobNotPublished: there is nothing to remove.
        PlatformRefused: the platform cannot or would not; parts that are gone stay gone, ask again for the rest.
    """
    job, parts, connector = await _on_platform(rt, tenant, job_id)
    cx, gone, refused = rt.connector_context(job.platform), 0, None
    try:
        access = await ready(rt, cx, tenant, job.connection_id)
        for part in reversed(parts):
            await connector.delete(cx, access, _ref(part))
            gone += 1
    except PlatformFault as error:
        refused = error
    if job.state is JobState.PUBLISHED and refused is not None:
        raise PlatformRefused(refused) from refused
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        if gone and job.state is not JobState.PUBLISHED:
            await withdraw(session, job_id, first=len(parts) - gone)
        if refused is None:
            job = await annotate(session, job_id, "job.deleted_on_platform", verb="job.delete_published")
    if refused is not None:
        raise PlatformRefused(refused) from refused
    return Deleted(job, gone)


async def edit_published(rt: Runtime, tenant: UUID, actor: str, job_id: UUID, content: Stored) -> Job:
    """Change the text and files of a published post of one part.

    Raises:
        NotFound, JobNotPublished, JobNotEditable, InvalidContent: nothing was changed.
        PlatformRefused: the platform cannot or would not.
    """
    job, parts, connector = await _published(rt, tenant, job_id)
    resolved: Stored = {**content, "options": job.content["options"]}
    if job.parts != 1 or len(resolved["parts"]) != 1:
        raise JobNotEditable(job)
    cx = rt.connector_context(job.platform)
    try:
        access = await ready(rt, cx, tenant, job.connection_id)
        task, errors = await _task(rt, cx, access, job, parts[0], resolved)
        if errors:
            raise InvalidContent(errors)
        ref = await connector.edit(cx, access, _ref(parts[0]), task)
    except PlatformFault as error:
        raise PlatformRefused(error) from error
    async with rt.db.transaction(tenant) as session:
        events.act_as(session, actor)
        await _rewrite(session, job_id, resolved, ref)
        post = await read_post(session, job.post_id)
        await note(session, post.id, [post.content, *await contents_of(session, post.id)])
        return await annotate(session, job_id, "job.edited_on_platform", verb="job.edit_published")


async def _published(rt: Runtime, tenant: UUID, job_id: UUID) -> tuple[Job, list[JobPart], Connector]:
    job, parts, connector = await _on_platform(rt, tenant, job_id)
    if job.state is not JobState.PUBLISHED:
        raise JobNotPublished(job)
    return job, parts, connector


async def _on_platform(rt: Runtime, tenant: UUID, job_id: UUID) -> tuple[Job, list[JobPart], Connector]:
    """A job that is final, with those of its parts that are out."""
    async with rt.db.read(tenant) as session:
        job = await read_job(session, job_id)
        parts = [part for part in await parts_of(session, [job_id]) if part.platform_ref is not None]
    if job.state not in (JobState.PUBLISHED, JobState.FAILED) or not parts:
        raise JobNotPublished(job)
    return job, parts, rt.catalog.get(job.platform)


async def _task(
    rt: Runtime, cx: Context, access: Access, job: Job, row: JobPart, content: Stored
) -> tuple[PublishTask, Sequence[TargetProblem]]:
    """The changed first part with its files uploaded, and what is wrong with it."""
    connector = rt.catalog.get(job.platform)
    text_only = connector.capabilities.edits_text_only
    if text_only and _attached(content) != _attached(job.content):
        return _text_only(job, connector, row)
    # Where only the text changes, a cover that options name is not needed again, and may be gone.
    can, named = connector.capabilities, None if text_only else content["options"]
    rules = can.images_for(content["options"])
    files = await prepared_files(rt, job.tenant_id, content["parts"][0], rules, named, can.option_images)
    part = as_part(content["parts"][0], files.rows, files.opener, files.linker)
    languages = tuple(content["languages"])
    options = as_options(content["options"], files.rows, files.opener, files.linker)
    found = connector.validate(Content((part,), languages, options), access.account)
    errors = [TargetProblem(one, job.platform) for one in found if one.severity is Severity.ERROR]
    task = PublishTask(part, 0, row.attempt_key, row.composed_at, options, languages)
    if errors or text_only:
        return task, errors

    async def keep_nothing(_step: PrepareStep, _data: Mapping[str, Any]) -> None:
        """An edit that is interrupted is asked for again by the user, from the start."""

    return replace(task, checkpoint=await connector.prepare(cx, access, task, keep_nothing)), ()


def _attached(content: Mapping[str, Any]) -> tuple[Any, Any]:
    """The files and the link of the first part."""
    part = content["parts"][0]
    return [item["id"] for item in part["media"]], part.get("link")


def _text_only(job: Job, connector: Connector, row: JobPart) -> tuple[PublishTask, Sequence[TargetProblem]]:
    problem = Problem(
        ("parts", "0"),
        "edit.text_only",
        f"On {connector.capabilities.name} only the text of a published post can be changed.",
        "Leave files and link as they are, or delete the post and publish a new one.",
    )
    task = PublishTask(Part(), 0, row.attempt_key, row.composed_at)
    return task, [TargetProblem(problem, job.platform)]


async def _rewrite(session: AsyncSession, job_id: UUID, content: Stored, ref: PublishedRef) -> None:
    mine = (Job.tenant_id == tenant_of(session), Job.id == job_id)
    await session.execute(update(Job).where(*mine).values(content=content))
    part = (JobPart.tenant_id == tenant_of(session), JobPart.job_id == job_id, JobPart.position == 0)
    values = {"platform_ref": ref.id, "url": ref.url, "extra": dict(ref.extra)}
    await session.execute(update(JobPart).where(*part).values(values))


def _ref(part: JobPart) -> PublishedRef:
    return PublishedRef(part.platform_ref or "", part.url, part.extra)
