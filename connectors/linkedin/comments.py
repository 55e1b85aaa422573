"""The later parts of a thread: comments of the author's own under the first post. Their text is plain, not "little".

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

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
from connectors.faults import Effect, PlatformFault
from connectors.linkedin import rest
from connectors.linkedin.capabilities import WEB
from connectors.linkedin.faults import refusal, unexpected
from connectors.transport import Answer

PREFIX: Final = "urn:li:comment:"
_POST: Final = "post"
_NUMBER: Final = "number"


async def publish(cx: Context, access: Access, task: PublishTask, root: PublishedRef) -> Outcome:
    """Make the one irreversible request."""
    wanted = {"actor": access.account.external_id, "object": root.id, "message": {"text": task.part.text}}
    try:
        answer = await rest.call(cx, access, "POST", f"{path_of(root.id)}/comments", json=wanted, effect=True)
        if not answer.ok:
            raise refusal(answer, cx.now(), missing="The first post of the thread is not there any more.")
        return Published(_made(cx, answer, root))
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)


async def edit(cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
    """Change the text of a comment."""
    answer = await rest.call(
        cx,
        access,
        "POST",
        _address(access, ref),
        json={"patch": {"message": {"$set": {"text": task.part.text}}}},
        restli="PARTIAL_UPDATE",
    )
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="The comment is not there any more, so it cannot be edited.")
    return ref


async def delete(cx: Context, access: Access, ref: PublishedRef) -> None:
    """Remove a comment; one that is not there is removed already."""
    answer = await rest.call(cx, access, "DELETE", _address(access, ref))
    if not answer.ok and answer.status != 404:
        raise refusal(answer, cx.now())


def is_comment(ref: PublishedRef) -> bool:
    """Whether the reference is a comment's and not a post's."""
    return ref.id.startswith(PREFIX)


def path_of(urn: str) -> str:
    """Where the comments and figures of a post are asked for."""
    return f"/rest/socialActions/{rest.encoded(urn)}"


def ref_of(cx: Context, comment: Mapping[str, Any], root: PublishedRef) -> PublishedRef | None:
    """The reference of a comment as LinkedIn describes it; None where it does not name it."""
    urn, number = comment.get("commentUrn"), comment.get("id")
    if not isinstance(urn, str) or not urn.startswith(PREFIX) or not number:
        return None
    shown = f"{cx.settings.at(WEB)}/feed/update/{root.id}/?commentUrn={rest.encoded(urn)}"
    return PublishedRef(urn, shown, {_POST: root.id, _NUMBER: str(number)})


def _made(cx: Context, answer: Answer, root: PublishedRef) -> PublishedRef:
    found = answer.json()
    ref = ref_of(cx, found, root) if isinstance(found, Mapping) else None
    if ref is None:
        raise unexpected(answer, "LinkedIn took the comment without naming it.")
    return ref


def _address(access: Access, ref: PublishedRef) -> str:
    actor = rest.encoded(access.account.external_id)
    return f"{path_of(ref.extra[_POST])}/comments/{rest.encoded(ref.extra[_NUMBER])}?actor={actor}"
