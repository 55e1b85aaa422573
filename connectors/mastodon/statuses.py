"""Posts on Mastodon: publish, edit, delete, figures. Source: https://docs.joinmastodon.org/methods/statuses/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.contract import (
    Access,
    Context,
    Failed,
    Metrics,
    Outcome,
    Published,
    PublishedRef,
    PublishTask,
    Unknown,
)
from connectors.faults import Effect, PlatformFault
from connectors.mastodon.checks import flag
from connectors.mastodon.faults import refusal, unexpected
from connectors.mastodon.metric_table import GIVEN
from connectors.mastodon.text import posted_text
from connectors.metric_names import counted
from connectors.transport import Answer

BATCH: Final = 20
"""How many posts one request for figures may name."""

_CHINESE: Final = {"zh-cn": "zh-CN", "zh-hk": "zh-HK", "zh-tw": "zh-TW"}


async def publish(cx: Context, access: Access, task: PublishTask) -> Outcome:
    """Make the one irreversible request; the `Idempotency-Key` makes a repetition within an hour harmless."""
    body = status_body(task)
    body["visibility"] = str(task.options.get("visibility") or "public")
    if task.parent is not None:
        body["in_reply_to_id"] = task.parent.id
    try:
        answer = await cx.http.send(
            "POST",
            f"{access.account.server}/api/v1/statuses",
            token=access.tokens.access,
            headers={"Idempotency-Key": str(task.attempt_key)},
            json=body,
            effect=True,
        )
        if not answer.ok:
            raise refusal(answer, cx.now(), missing=_missing(task))
        return Published(published_ref(answer))
    except PlatformFault as trouble:
        return Failed(trouble.fault) if trouble.fault.effect is Effect.NONE else Unknown(trouble.fault)


async def edit(cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
    """Replace the post's content; doing it twice is the same as once. Who may see it does not change."""
    answer = await cx.http.send("PUT", _address(access, ref), token=access.tokens.access, json=status_body(task))
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="The post is not there any more, so it cannot be edited.")
    return published_ref(answer)


async def delete(cx: Context, access: Access, ref: PublishedRef) -> None:
    """Remove the post; a post that is not there is removed already."""
    answer = await cx.http.send("DELETE", _address(access, ref), token=access.tokens.access)
    if not answer.ok and answer.status != 404:
        raise refusal(answer, cx.now())


async def metrics(cx: Context, access: Access, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """Public figures of the posts that are still there."""
    found: list[Metrics] = []
    for start in range(0, len(refs), BATCH):
        told = await _statuses(cx, access, refs[start : start + BATCH])
        found += [Metrics(str(status.get("id")), counted(status, GIVEN.posts), cx.now()) for status in told]
    return found


async def _statuses(cx: Context, access: Access, refs: Sequence[PublishedRef]) -> list[Mapping[str, Any]]:
    address = f"{access.account.server}/api/v1/statuses"
    answer = await cx.http.send("GET", address, token=access.tokens.access, params={"id[]": [ref.id for ref in refs]})
    if answer.ok:
        return [item for item in _list(answer) if isinstance(item, Mapping)]
    if answer.status not in {404, 405}:
        raise refusal(answer, cx.now())
    # Servers before 4.3 answer for one post at a time only.
    found: list[Mapping[str, Any]] = []
    for ref in refs:
        answer = await cx.http.send("GET", _address(access, ref), token=access.tokens.access)
        if answer.status == 404:
            continue
        if not answer.ok:
            raise refusal(answer, cx.now())
        found.append(_status(answer))
    return found


def status_body(task: PublishTask) -> dict[str, Any]:
    """The content of a post as the API takes it, for publishing and editing alike."""
    options = task.options
    body: dict[str, Any] = {"status": posted_text(task.part)}
    media = media_ids(task)
    if media:
        body["media_ids"] = media
    if options.get("spoiler_text"):
        body["spoiler_text"] = str(options["spoiler_text"])
    if options.get("sensitive") is not None:
        body["sensitive"] = flag(options["sensitive"])
    if task.languages:
        body["language"] = language_of(task.languages[0])
    poll = options.get("poll")
    if poll is not None and task.position == 0:
        body["poll"] = {
            "options": [str(text) for text in poll["options"]],
            "expires_in": int(poll["expires_in"]),
            "multiple": flag(poll.get("multiple", False)),
            "hide_totals": flag(poll.get("hide_totals", False)),
        }
    return body


def media_ids(task: PublishTask) -> list[str]:
    """The server's ids of the part's files, in the part's order, as `prepare` has saved them."""
    saved: Mapping[str, str] = task.checkpoint.get("media", {})
    return [saved[item.id] for item in task.part.media]


def language_of(tag: str) -> str:
    """The language as Mastodon lists it: the ISO 639 code, with the region for Chinese only."""
    parts = tag.replace("_", "-").lower().split("-")
    return next((known for part in parts[1:] if (known := _CHINESE.get(f"{parts[0]}-{part}"))), parts[0])


def published_ref(answer: Answer) -> PublishedRef:
    """The reference of the post that an answer describes."""
    return ref_of(_status(answer))


def ref_of(status: Mapping[str, Any]) -> PublishedRef:
    """The reference of a post: its id on the server, its page, and the URI under which other servers know it."""
    page, uri = status.get("url"), status.get("uri")
    return PublishedRef(
        id=str(status["id"]),
        url=page if isinstance(page, str) and page.startswith(("https://", "http://")) else None,
        extra={"uri": uri} if isinstance(uri, str) else {},
    )


def _status(answer: Answer) -> Mapping[str, Any]:
    body = answer.json()
    if not isinstance(body, Mapping) or not isinstance(body.get("id"), str):
        raise unexpected(answer, "The server answered without naming the post.")
    return body


def _list(answer: Answer) -> Iterator[Any]:
    body = answer.json()
    if not isinstance(body, list):
        raise unexpected(answer, "The server answered with something that is not a list of posts.")
    return iter(body)


def _missing(task: PublishTask) -> str:
    if task.parent is not None:
        return "The post before this one in the thread is not there any more."
    return "The server does not know this way of posting."


def _address(access: Access, ref: PublishedRef) -> str:
    return f"{access.account.server}/api/v1/statuses/{ref.id}"
