"""Turn stored content into what a connector takes, and tell what is wrong with it.

Pure but for the rows that are handed in: the bytes of files are reached through `opener` and `linker`, which the
publisher gives; a check needs none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.domain.connections.model import Connection
from app.domain.media.fitting import fingerprint
from app.domain.media.model import MediaFile, MediaState
from app.domain.posts.content import Stored, card_image, media_ids, option_media
from app.domain.posts.errors import TargetProblem
from connectors.capabilities import Capabilities, MediaKind
from connectors.contract import Account, Connector, Content, Link, Media, Part, Problem
from connectors.framing import fitted
from connectors.image_rules import ImageRules

Opener = Callable[[MediaFile], Callable[[], AsyncIterator[bytes]]]
Linker = Callable[[MediaFile], Callable[[], Awaitable[str]]]


def _unopened(file: MediaFile) -> Callable[[], AsyncIterator[bytes]]:
    def refuse() -> AsyncIterator[bytes]:
        raise RuntimeError(f"a check reads no bytes (media {file.id})")

    return refuse


def as_media(file: MediaFile, alt: str | None, opener: Opener = _unopened, linker: Linker | None = None) -> Media:
    """A file as a connector sees it."""
    return Media(
        id=str(file.id),
        kind=MediaKind(file.kind or MediaKind.IMAGE),
        mime=file.mime or "application/octet-stream",
        size=file.size or 0,
        open=opener(file),
        alt=alt if alt is not None else file.alt,
        width=file.width,
        height=file.height,
        duration=timedelta(milliseconds=file.duration_ms) if file.duration_ms is not None else None,
        pages=file.pages,
        filename=file.filename,
        link=linker(file) if linker is not None else None,
    )


def as_part(
    stored: Mapping[str, Any],
    files: Mapping[UUID, MediaFile],
    opener: Opener = _unopened,
    linker: Linker | None = None,
) -> Part:
    """One stored part as a connector sees it."""
    link, image = stored.get("link"), card_image(stored.get("link"))
    thumbnail = None if image is None else as_media(files[image], None, opener, linker)
    return Part(
        text=stored["text"],
        media=tuple(as_media(files[UUID(m["id"])], m.get("alt"), opener, linker) for m in stored["media"]),
        link=Link(link["url"], link["title"], link["description"], thumbnail) if link else None,
    )


def as_options(
    stored: Mapping[str, Any],
    files: Mapping[UUID, MediaFile],
    opener: Opener = _unopened,
    linker: Linker | None = None,
) -> dict[str, Any]:
    """Stored options as a connector sees them: a file instead of its id. One that is not among `files` is left out."""
    named = option_media(stored)
    images = {name: as_media(files[key], None, opener, linker) for name, key in named.items() if key in files}
    return {name: value for name, value in stored.items() if name not in named} | images


def as_content(stored: Stored, files: Mapping[UUID, MediaFile]) -> Content:
    """Stored content as a connector sees it; it is to be checked, not sent."""
    return Content(
        parts=tuple(as_part(part, files) for part in stored["parts"]),
        languages=tuple(stored["languages"]),
        options=as_options(stored["options"], files),
    )


def as_account(connection: Connection) -> Account:
    """A connection's account as a connector sees it."""
    return Account(
        external_id=connection.external_id,
        handle=connection.handle,
        name=connection.name,
        server=connection.server,
        kind=connection.kind,
        url=connection.url,
        avatar_url=connection.avatar_url,
        owner_id=connection.owner_id,
        limits=connection.account_limits,
    )


def problems(
    connector: Connector,
    connection: Connection,
    stored: Stored,
    files: Mapping[UUID, MediaFile],
    refused: Mapping[tuple[UUID, str], str],
) -> Sequence[TargetProblem]:
    """Every reason why a platform would refuse the content, errors and warnings.

    `refused` says of which file and rules (by fingerprint) it is known that no copy can be made, and why.
    """
    platform, shown = connector.capabilities.key, media_ids(stored)
    lacking = [
        TargetProblem(_lacking(media_id, files.get(media_id)), platform)
        for media_id in shown
        if media_id not in files or files[media_id].state is not MediaState.READY
    ]
    if lacking:
        return lacking
    rules = _rules_of(connector.capabilities, stored)
    names = [(key, fingerprint(rules[key])) for key in shown if key in rules]
    unfit = [_unfit(refused[name]) for name in names if name in refused]
    files = {key: _as_fitted(file, rules[key]) if key in rules else file for key, file in files.items()}
    found = connector.validate(as_content(stored, files), as_account(connection))
    return [TargetProblem(problem, platform) for problem in (*unfit, *found)]


def _rules_of(capabilities: Capabilities, stored: Stored) -> dict[UUID, ImageRules]:
    """What each file of a content is made to fit, where there is anything."""
    usual, own = capabilities.images_for(stored["options"]), capabilities.option_images
    named = {key: own.get(name, usual) for name, key in option_media(stored["options"]).items()}
    wanted = dict.fromkeys(media_ids(stored), usual) | named
    return {key: rules for key, rules in wanted.items() if rules is not None}


def _as_fitted(file: MediaFile, rules: ImageRules) -> MediaFile:
    """An image as it will be once it was made to fit: its size is no reason to refuse it now."""
    if file.kind != MediaKind.IMAGE or file.width is None or file.height is None:
        return file
    width, height = fitted(rules, file.width, file.height)
    return MediaFile(
        id=file.id,
        tenant_id=file.tenant_id,
        state=file.state,
        filename=file.filename,
        object_key=file.object_key,
        kind=file.kind,
        alt=file.alt,
        mime=file.mime if file.mime in rules.types else rules.types[0],
        size=min(file.size or 0, rules.max_bytes),
        width=width,
        height=height,
    )


def _unfit(problem: str) -> Problem:
    return Problem(("content", "media"), "media.fits", problem, "Use another file.")


def _lacking(media_id: UUID, file: MediaFile | None) -> Problem:
    if file is None:
        return Problem(("content", "media"), "media.exists", f"There is no media file {media_id}.", "Check its id.")
    return Problem(
        ("content", "media"),
        "media.ready",
        f"The file {file.filename} is not ready ({file.state.replace('_', ' ')}).",
        "Complete its upload with completeMediaUpload first, or choose another file.",
    )
