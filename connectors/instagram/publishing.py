"""Publishing on Instagram: one irreversible request that names a ready container, or one comment.

Source: https://developers.facebook.com/docs/instagram-platform/content-publishing
"""

from __future__ import annotations

from connectors.capabilities import FormatKey
from connectors.contract import Access, Failed, Outcome, Published, PublishedRef, PublishTask, Unknown, polled
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.instagram.containers import CONTAINER, LIVE
from connectors.instagram.kinds import COMMENT, FORMAT, caption_of, format_at
from connectors.instagram.reconcile import reconcile
from connectors.meta.faults import refused
from connectors.meta.graph import Graph, text_in

_NO_PARENT = "The post that this comment belongs to is not there any more."


async def publish(graph: Graph, access: Access, task: PublishTask) -> Outcome:
    """Make the request. A container that is out already is looked up and not published again."""
    if task.checkpoint.get(LIVE):
        return await look_up(graph, access, task)
    try:
        if task.position > 0:
            return await _comment(graph, task)
        form = {"creation_id": task.checkpoint[CONTAINER]}
        body = await graph.post(f"{access.account.external_id}/media_publish", form, effect=True)
        made = text_in(body, "id", "Instagram did not name the post.", effect=True)
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)
    key = format_at(task.part, task.position, task.options)
    return Published(PublishedRef(made, await _permalink(graph, made), {FORMAT: key.value}))


async def look_up(graph: Graph, access: Access, task: PublishTask) -> Outcome:
    """What `reconcile` finds, as an outcome: Instagram answers at once, so nothing is ever pending."""
    return polled(await reconcile(graph, access, task))


async def _comment(graph: Graph, task: PublishTask) -> Outcome:
    if task.root is None:
        raise refused(FaultKind.NOT_FOUND, _NO_PARENT)
    # No `fields` here: with them Instagram makes the comment and then answers with an error.
    form = {"message": caption_of(task.part)}
    body = await graph.post(f"{task.root.id}/comments", form, effect=True, missing=_NO_PARENT)
    made = text_in(body, "id", "Instagram did not name the comment.", effect=True)
    return Published(PublishedRef(made, task.root.url, {FORMAT: COMMENT}))


async def _permalink(graph: Graph, made: str) -> str | None:
    """The post's address. It is out: whatever happens here, that stays true."""
    try:
        body = await graph.get(made, {"fields": "permalink"})
    except PlatformFault:
        return None
    link = body.get("permalink")
    return link if isinstance(link, str) and link.startswith(("https://", "http://")) else None


def format_of_ref(ref: PublishedRef) -> str:
    """What a reference stands for: a format, or `comment`."""
    return ref.extra.get(FORMAT, FormatKey.IMAGE.value)
