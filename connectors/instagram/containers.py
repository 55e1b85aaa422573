"""Drafts on Instagram (containers): made from files that it fetches itself, then waited for until they are ready.

A container is made once and saved at once, so a crash makes none a second time. It is good for a day, and can be
published once: its id is the key of the post. A carousel is a container of containers.
Source: https://developers.facebook.com/docs/instagram-platform/content-publishing
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum, auto
from typing import Any, Final

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Access, Media, PrepareStep, PublishTask, Save
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault
from connectors.instagram.kinds import caption_of, format_at
from connectors.instagram.options import reel_form, shared_form, tags_form
from connectors.instagram.rules import INSTAGRAM
from connectors.meta.faults import by_subcode, refused
from connectors.meta.graph import Graph, text_in

ITEMS: Final = "items"
CONTAINER: Final = "container"
LIVE: Final = "live"
"""Names in the checkpoint: containers of files by our id, the one that is published, whether it is out already."""
STILL_WORKING: Final = timedelta(seconds=30)
_SUBCODE: Final = re.compile(r"\b(2207\d{3})\b")


class Code(StrEnum):
    """How far a container has come (`status_code`)."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


class _State(Enum):
    READY = auto()
    WORKING = auto()
    DROPPED = auto()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a container is waited for."""

    interval: timedelta = timedelta(seconds=5)
    attempts: int = 24
    """How many looks one `prepare` takes; the next one goes on with the same containers."""


async def prepare(graph: Graph, access: Access, task: PublishTask, save: Save, pace: Pace) -> Mapping[str, Any]:
    """Make what the checkpoint does not have, and wait until the container of the post is ready.

    Raises `PlatformFault`: INVALID_MEDIA where Instagram refuses a file; PLATFORM_DOWN, marked as still at work, where
    it is not ready after all looks.
    """
    work = _Work(graph, access.account.external_id, task, save, pace, dict(task.checkpoint))
    if format_at(task.part, task.position, task.options) is not FormatKey.CAROUSEL:
        return await work.single()
    return await work.carousel()


@dataclass(slots=True)
class _Work:
    graph: Graph
    account: str
    task: PublishTask
    save: Save
    pace: Pace
    checkpoint: dict[str, Any]

    async def single(self) -> Mapping[str, Any]:
        (item,) = self.task.part.media
        form = {**await _source(item), **await self._described(item)}
        return await self._whole(form)

    async def carousel(self) -> Mapping[str, Any]:
        known = self.checkpoint.get(CONTAINER)
        if known is None or await status_of(self.graph, known) in (None, Code.EXPIRED, Code.ERROR):
            await self._items()
        made = self.checkpoint.get(ITEMS, {})
        children = ",".join(made[item.id] for item in self.task.part.media)
        return await self._whole({"media_type": "CAROUSEL", "children": children, **self._shared()})

    async def _items(self) -> None:
        """Every file of a carousel, ready. All are made, then waited for: Instagram works on them side by side."""
        media = self.task.part.media
        fresh: set[str] = set()
        for number, item in enumerate(media):
            if item.id not in self.checkpoint.get(ITEMS, {}):
                await self._item(number, item)
                fresh.add(item.id)
        ready: set[str] = set()
        for attempt in range(self.pace.attempts):
            if attempt:
                await asyncio.sleep(self.pace.interval.total_seconds())
            for number, item in enumerate(media):
                if item.id in ready:
                    continue
                match await self._state(self.checkpoint[ITEMS][item.id]):
                    case _State.READY:
                        ready.add(item.id)
                    case _State.DROPPED if item.id in fresh:
                        raise _dropped()
                    case _State.DROPPED:
                        await self._item(number, item)
                        fresh.add(item.id)
            if all(item.id in ready for item in media):
                return
        raise _still_working()

    async def _item(self, number: int, item: Media) -> None:
        """Make the container of one file of a carousel, and keep it."""
        items: dict[str, str] = dict(self.checkpoint.get(ITEMS, {}))
        kind = {"media_type": "VIDEO"} if item.kind is MediaKind.VIDEO else _alt(item)
        tags = tags_form(self.task.options, number)
        items[item.id] = await self._make({**await _source(item), **kind, **tags, "is_carousel_item": "true"})
        self.checkpoint[ITEMS] = items
        await self.save(PrepareStep.CONTAINER_CREATED, dict(self.checkpoint))

    async def _whole(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The container that is published, ready."""
        known = self.checkpoint.get(CONTAINER)
        if known is not None and await self._ready(known):
            return self.checkpoint
        self.checkpoint[CONTAINER] = made = await self._make(form)
        await self.save(PrepareStep.CONTAINER_CREATED, dict(self.checkpoint))
        if not await self._ready(made):
            raise _dropped()
        return self.checkpoint

    async def _make(self, form: Mapping[str, str]) -> str:
        body = await self.graph.post(f"{self.account}/media", form)
        return text_in(body, "id", "Instagram made a draft and did not name it.")

    async def _ready(self, container: str) -> bool:
        """Wait until a container is ready; False where it has to be made anew."""
        for attempt in range(self.pace.attempts):
            if attempt:
                await asyncio.sleep(self.pace.interval.total_seconds())
            state = await self._state(container)
            if state is not _State.WORKING:
                return state is _State.READY
        raise _still_working()

    async def _state(self, container: str) -> _State:
        """One look at a container. Raises the fault of one that failed, which is forgotten."""
        body = await _look(self.graph, container)
        match _code(body) if body is not None else Code.EXPIRED:
            case Code.FINISHED:
                return _State.READY
            case Code.PUBLISHED:
                # It went out although nobody heard of it: it must not be published again, and cannot be.
                self.checkpoint[LIVE] = True
                return _State.READY
            case Code.EXPIRED:
                return _State.DROPPED
            case Code.ERROR:
                await self._forget(container)
                raise _broken(str((body or {}).get("status") or ""))
            case _:
                return _State.WORKING

    async def _forget(self, container: str) -> None:
        """A broken container is not looked at again: the next try makes another one."""
        if self.checkpoint.get(CONTAINER) == container:
            del self.checkpoint[CONTAINER]
        items = self.checkpoint.get(ITEMS, {})
        self.checkpoint[ITEMS] = {key: value for key, value in items.items() if value != container}
        await self.save(PrepareStep.CONTAINER_CREATED, dict(self.checkpoint))

    async def _described(self, item: Media) -> dict[str, str]:
        """What stands in the container of a single file beside the file."""
        options = self.task.options
        tags = tags_form(options, 0)
        match format_at(self.task.part, self.task.position, options):
            case FormatKey.STORY:
                return {"media_type": "STORIES", **tags}
            case FormatKey.REEL:
                return {"media_type": "REELS", **await reel_form(options), **tags, **self._shared()}
            case _:
                return {**_alt(item), **tags, **self._shared()}

    def _shared(self) -> dict[str, str]:
        """Caption, collaborators and place."""
        caption = caption_of(self.task.part)
        return {**({"caption": caption} if caption.strip() else {}), **shared_form(self.task.options)}


async def status_of(graph: Graph, container: str) -> Code | None:
    """How far a container has come; None where Instagram does not know it, or says what is not documented."""
    body = await _look(graph, container)
    return _code(body) if body is not None else None


async def _look(graph: Graph, container: str) -> dict[str, Any] | None:
    try:
        return await graph.get(container, {"fields": "status_code,status"}, missing="Instagram dropped the draft.")
    except PlatformFault as trouble:
        if trouble.fault.kind is not FaultKind.NOT_FOUND:
            raise
        return None


def _code(body: Mapping[str, Any]) -> Code | None:
    try:
        return Code(str(body.get("status_code")))
    except ValueError:
        return None


async def _source(item: Media) -> dict[str, str]:
    """The address from which Instagram fetches the file. It is signed anew each time."""
    if item.link is None:
        message = "Instagram fetches files from a public address, and this installation gives none."
        raise refused(FaultKind.INVALID_MEDIA, message, "Tell the operator to set POSTD_PUBLIC_URL.")
    return {"image_url" if item.kind is MediaKind.IMAGE else "video_url": await item.link()}


def _alt(item: Media) -> dict[str, str]:
    return {"alt_text": item.alt} if item.alt and item.kind is MediaKind.IMAGE else {}


def _dropped() -> PlatformFault:
    return refused(FaultKind.PLATFORM_DOWN, "Instagram dropped a draft that it had just made.")


def _still_working() -> PlatformFault:
    kind, message = FaultKind.PLATFORM_DOWN, "Instagram has not finished with the file."
    hint = "Nothing to do: the post goes on when Instagram is ready."
    return PlatformFault(Fault(kind, message, hint, retry_after=STILL_WORKING, at_work=True))


def _broken(status: str) -> PlatformFault:
    """The fault in the status of a container that failed: its text ends with a subcode."""
    found = _SUBCODE.search(status)
    rule = by_subcode(INSTAGRAM, int(found[1])) if found else None
    kind = rule.kind if rule is not None else FaultKind.INVALID_MEDIA
    message = rule.message if rule is not None else "Instagram could not use the file."
    hint = (rule.hint if rule is not None else "") or HINTS[kind]
    return PlatformFault(Fault(kind, message, hint, code=found[1] if found else None, words=status[:500] or None))
