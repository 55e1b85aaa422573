"""Posts on LinkedIn: publish, edit, delete.

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.capabilities import MediaKind
from connectors.contract import (
    Access,
    Context,
    Failed,
    Outcome,
    Published,
    PublishedRef,
    PublishTask,
    Unknown,
)
from connectors.faults import Effect, FaultKind, PlatformFault
from connectors.linkedin import comments, duplicates, little, media, rest
from connectors.linkedin.capabilities import WEB
from connectors.linkedin.checks import card_title
from connectors.linkedin.faults import refusal, refused, unexpected
from connectors.linkedin.polls import poll_body
from connectors.transport import Answer

_FILES: Final = "files"
"""Which of our files went out with the post (`PublishedRef.extra`): LinkedIn cannot change them afterwards."""


async def publish(cx: Context, access: Access, task: PublishTask) -> Outcome:
    """Make the one irreversible request: a post, or a comment under the first post of a thread."""
    if task.root is not None:
        return await comments.publish(cx, access, task, task.root)
    try:
        answer = await rest.call(cx, access, "POST", "/rest/posts", json=post_body(access, task), effect=True)
        if answer.ok:
            return Published(_made(cx, answer.headers.get("x-restli-id"), answer, task))
        trouble = refusal(answer, cx.now()).fault
        if trouble.kind is not FaultKind.DUPLICATE:
            return Failed(trouble) if trouble.effect is Effect.NONE else Unknown(trouble)
        return await duplicates.settle(cx, access, task, trouble, lambda urn: ref_of(cx, urn, task))
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)


async def edit(cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
    """Change the text; files, card and poll stay as they are."""
    if comments.is_comment(ref):
        return await comments.edit(cx, access, ref, task)
    if ref.extra.get(_FILES, files_key(task)) != files_key(task):
        raise refused(
            FaultKind.INVALID_CONTENT,
            "LinkedIn changes the text of a published post and nothing else.",
            "Keep the files as they were, or delete the post and publish it anew.",
        )
    answer = await rest.call(
        cx,
        access,
        "POST",
        f"/rest/posts/{rest.encoded(ref.id)}",
        json={"patch": {"$set": {"commentary": little.write(task.part.text)}}},
        restli="PARTIAL_UPDATE",
    )
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="The post is not there any more, so it cannot be edited.")
    return ref


async def delete(cx: Context, access: Access, ref: PublishedRef) -> None:
    """Remove the post; a post that is not there is removed already."""
    if comments.is_comment(ref):
        await comments.delete(cx, access, ref)
        return
    answer = await rest.call(cx, access, "DELETE", f"/rest/posts/{rest.encoded(ref.id)}", restli="DELETE")
    if not answer.ok and answer.status != 404:
        raise refusal(answer, cx.now())


def post_body(access: Access, task: PublishTask) -> dict[str, Any]:
    """The whole post as the API takes it."""
    body: dict[str, Any] = {
        "author": access.account.external_id,
        "commentary": little.write(task.part.text),
        "visibility": str(task.options.get("visibility") or "PUBLIC"),
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    content = _content(task)
    return {**body, "content": content} if content else body


def ref_of(cx: Context, urn: str, task: PublishTask) -> PublishedRef:
    """The reference of a post by the URN that LinkedIn gave it; it is never made up."""
    return PublishedRef(urn, f"{cx.settings.at(WEB)}/feed/update/{urn}/", {_FILES: files_key(task)})


def files_key(task: PublishTask) -> str:
    """Names the files of a post, in their order."""
    return ",".join(item.id for item in task.part.media)


def _content(task: PublishTask) -> Mapping[str, Any] | None:
    part, urns = task.part, media.urns(task)
    poll = task.options.get("poll")
    if poll is not None:
        return {"poll": poll_body(poll, part.text)}
    if len(part.media) > 1:
        images = [{"id": urns[item.id], **({"altText": item.alt} if item.alt else {})} for item in part.media]
        return {"multiImage": {"images": images}}
    if part.media:
        (item,) = part.media
        shown: dict[str, Any] = {"id": urns[item.id]}
        if item.kind is MediaKind.IMAGE and item.alt:
            shown["altText"] = item.alt
        if item.kind is MediaKind.DOCUMENT:
            shown["title"] = str(task.options.get("title") or item.filename)
        if item.kind is MediaKind.VIDEO and task.options.get("title"):
            shown["title"] = str(task.options["title"])
        return {"media": shown}
    if part.link is None:
        return None
    card = {"source": part.link.url, "title": card_title(part.link)}
    if part.link.description:
        card["description"] = part.link.description
    if part.link.thumbnail is not None:
        card["thumbnail"] = urns[part.link.thumbnail.id]
    return {"article": card}


def _made(cx: Context, urn: str | None, answer: Answer, task: PublishTask) -> PublishedRef:
    if not urn or not urn.startswith("urn:li:"):
        raise unexpected(answer, "LinkedIn took the post without naming it.")
    return ref_of(cx, urn, task)
