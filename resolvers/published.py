"""Mutations about posts that are out, on the platforms themselves."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.publishing.published import delete_published, edit_published
from resolvers.context import Info
from schema.jobs import results
from schema.jobs.job import Job
from schema.node import decode

PATH = ("input", "jobId")


async def edit_published_post(
    info: Info,
    input: Annotated[results.EditPublishedPostInput, strawberry.argument(description="The edit.")],  # noqa: A002 -- the argument's name in the API
) -> results.EditPublishedPostResult:
    """Change a published post where its platform can."""
    context, job_id = info.context, decode(input.job_id, "Job", PATH)
    content = input.content.stored()
    return results.PublishedPostEdited(
        job=Job.of(await edit_published(context.rt, context.tenant, context.caller.actor, job_id, content))
    )


async def delete_published_post(
    info: Info,
    input: Annotated[results.DeletePublishedPostInput, strawberry.argument(description="The job.")],  # noqa: A002 -- the argument's name in the API
) -> results.DeletePublishedPostResult:
    """Delete a published post where its platform can."""
    context, job_id = info.context, decode(input.job_id, "Job", PATH)
    done = await delete_published(context.rt, context.tenant, context.caller.actor, job_id)
    return results.PublishedPostDeleted(job=Job.of(done.job), parts=done.parts)
