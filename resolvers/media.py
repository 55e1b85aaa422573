"""Mutations about media: decode, call the flow, wrap."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.media import intake as flows
from app.flows.media import removal
from resolvers.context import Info
from schema.media import results
from schema.media.file import Media, MediaUpload
from schema.node import decode


async def create_media_upload(
    info: Info,
    input: Annotated[results.CreateMediaUploadInput, strawberry.argument(description="The file.")],  # noqa: A002 -- the argument's name in the API
) -> results.CreateMediaUploadResult:
    """Announce a file and give the address for its bytes."""
    context, wanted = info.context, flows.CreateUpload(input.filename, input.mime, input.size, input.alt or "")
    made = await flows.create_upload(context.rt, context.tenant, context.caller.actor, wanted)
    upload = MediaUpload.of(made.url, made.method, made.headers, made.expires_at)
    return results.MediaUploadCreated(media=Media.of(made.media), upload=upload)


async def complete_media_upload(
    info: Info,
    input: Annotated[results.CompleteMediaUploadInput, strawberry.argument(description="The upload.")],  # noqa: A002 -- the argument's name in the API
) -> results.CompleteMediaUploadResult:
    """Look at the bytes that were sent."""
    context, media_id = info.context, decode(input.media_id, "Media", ("input", "mediaId"))
    return results.settled(await flows.complete_upload(context.rt, context.tenant, context.caller.actor, media_id))


async def import_media(
    info: Info,
    input: Annotated[results.ImportMediaInput, strawberry.argument(description="The file.")],  # noqa: A002 -- the argument's name in the API
) -> results.ImportMediaResult:
    """Fetch a file from the web."""
    context, alt = info.context, input.alt or ""
    return results.settled(await flows.import_media(context.rt, context.tenant, context.caller.actor, input.url, alt))


async def delete_media(
    info: Info,
    input: Annotated[results.DeleteMediaInput, strawberry.argument(description="The file.")],  # noqa: A002 -- the word of the API
) -> results.DeleteMediaResult:
    """Delete a file that no waiting post needs."""
    context, media_id = info.context, decode(input.media_id, "Media", ("input", "mediaId"))
    await removal.delete_media(context.rt, context.tenant, context.caller.actor, media_id)
    return results.MediaDeleted(media_id=input.media_id)
