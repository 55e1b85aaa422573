"""Instagram's own options of a post: how each is written for the API, and what Instagram would refuse of it.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Content, Media, Part, Problem, Severity
from connectors.instagram.capabilities import CAPABILITIES

_BETWEEN_NAMES: Final = re.compile(r"[\s,;]+")
_TAG: Final = frozenset({"username", "x", "y", "file"})
_PLACED: Final = (FormatKey.IMAGE, FormatKey.CAROUSEL)
"""In these a tag stands at a place of an image; elsewhere, and on a video, it has no place."""


def collaborators_in(options: Mapping[str, Any]) -> list[str]:
    """The user names of the option, without `@`, each once."""
    given = options.get("collaborators") or ""
    names = _BETWEEN_NAMES.split(str(given))
    return list(dict.fromkeys(name.removeprefix("@") for name in names if name.removeprefix("@")))


def shared_form(options: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the container that is published: collaborators and place."""
    names, form = collaborators_in(options), {}
    if names:
        form["collaborators"] = orjson.dumps(names).decode()
    if options.get("location_id"):
        form["location_id"] = str(options["location_id"])
    return form


async def reel_form(options: Mapping[str, Any]) -> dict[str, str]:
    """What only a reel has. The address of a cover of ours is signed anew each time."""
    form = {"share_to_feed": str(options.get("share_to_feed", "true")).lower()}
    form |= {name: str(options[name]) for name in ("cover_url", "audio_name") if options.get(name)}
    if options.get("thumb_offset") is not None:
        form["thumb_offset"] = str(options["thumb_offset"])
    cover = options.get("cover")
    if isinstance(cover, Media) and cover.link is not None:
        form["cover_url"] = await cover.link()
    if options.get("trial"):
        form["trial_params"] = orjson.dumps({"graduation_strategy": options["trial"]}).decode()
    return form


def tags_form(options: Mapping[str, Any], file: int) -> dict[str, str]:
    """The people who are tagged in one file, counted from 0."""
    tags = [
        {"username": _name(tag), **{axis: tag[axis] for axis in ("x", "y") if tag.get(axis) is not None}}
        for tag in options.get("user_tags") or ()
        if tag.get("file", 0) == file
    ]
    return {"user_tags": orjson.dumps(tags).decode()} if tags else {}


def problems(content: Content, key: FormatKey) -> Iterator[Problem]:
    """What Instagram would refuse of the options; `key` is the kind of the first part."""
    options = content.options
    yield from _collaborators(options, key)
    place = options.get("location_id")
    if place is not None and not str(place).isdecimal():
        yield _wrong("location_id", "The place is not given by the id of a Facebook page.", "Give the page's number.")
    offset = options.get("thumb_offset")
    if offset is not None and not str(offset).isdecimal():
        yield _wrong("thumb_offset", "The moment of the cover is not a number.", "Give milliseconds, e.g. 1500.")
    audio = options.get("audio_name")
    if audio is not None and not (isinstance(audio, str) and audio.strip()):
        yield _wrong("audio_name", "The name of the sound is not a text.", "Give a text.")
    yield from _cover(options)
    if options.get("user_tags") is not None and content.parts and not content.first:
        yield from _tags(options["user_tags"], content.parts[0], key)


def _collaborators(options: Mapping[str, Any], key: FormatKey) -> Iterator[Problem]:
    count = len(collaborators_in(options))
    for limit in CAPABILITIES.limits(key):
        if limit.rule == "collaborators.count" and limit.max is not None and count > limit.max:
            message = f"At most {limit.max} accounts can publish it with you."
            yield Problem(("options", "collaborators"), limit.rule, message, "Name fewer.", str(count), str(limit.max))


def _cover(options: Mapping[str, Any]) -> Iterator[Problem]:
    cover, address = options.get("cover"), options.get("cover_url")
    if address is not None and not (str(address).startswith("https://") and str(address).isascii()):
        yield _wrong("cover_url", "The cover has no public address.", "Give an address that begins with https://.")
    if cover is not None and address is not None:
        yield _wrong("cover_url", "The reel has two covers.", "Give the image or the address, not both.")
    if (cover is not None or address is not None) and options.get("thumb_offset") is not None:
        message = "A reel with a cover does not use a moment of the video."
        path = ("options", "thumb_offset")
        yield Problem(path, "thumb_offset.unused", message, "Leave out one of them.", severity=Severity.WARNING)


def _tags(tags: Any, part: Part, key: FormatKey) -> Iterator[Problem]:
    if not isinstance(tags, list | tuple):
        yield _wrong("user_tags", "The tags are not a list.", "Give each with a user name and a place.")
        return
    seen: set[tuple[int, str]] = set()
    for number, tag in enumerate(tags):
        found = _tag(tag, part, key)
        if found is None and (who := (tag.get("file", 0), _name(tag).lower())) in seen:
            found = f"{who[1]} is tagged twice in the same file.", "Leave out one of them."
        if found is None:
            seen.add(who)
        else:
            yield Problem(("options", "user_tags", str(number)), "user_tags.form", *found)


def _tag(tag: Any, part: Part, key: FormatKey) -> tuple[str, str] | None:
    """What is wrong with one tag, and what to do about it."""
    if not isinstance(tag, Mapping) or not _TAG.issuperset(tag) or not _name(tag) or " " in _name(tag):
        return "A tag names no user.", "Give a user name, without spaces."
    file = tag.get("file", 0)
    if not isinstance(file, int) or not 0 <= file < max(1, len(part.media)):
        return "A tag is on a file that the post does not have.", "Count the files from 0."
    place = [tag.get("x"), tag.get("y")]
    placed = key in _PLACED and bool(part.media) and part.media[file].kind is MediaKind.IMAGE
    if placed and not all(_share(share) for share in place):
        return "A tag has no place in the image.", "Give x and y, each from 0 to 1, from the upper left corner."
    if not placed and place != [None, None]:
        return "A tag has a place only in an image of the feed.", "Leave out x and y."
    return None


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _name(tag: Mapping[str, Any]) -> str:
    return str(tag.get("username") or "").strip().removeprefix("@")


def _wrong(option: str, message: str, fix: str) -> Problem:
    return Problem(("options", option), f"{option}.form", message, fix)
