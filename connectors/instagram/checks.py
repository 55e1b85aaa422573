"""What Instagram would refuse, found before anything is sent: declared limits, ratios, hashtags, options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Account, Content, Part, Problem, Severity
from connectors.instagram.capabilities import CAPABILITIES, COLLABORATORS, HASHTAGS, MENTIONS, NARROWEST, WIDEST
from connectors.instagram.kinds import caption_of, collaborators_in, format_at
from connectors.preflight import check

_HASHTAG: Final = re.compile(r"(?<![\w&/])#\w")
_MENTION: Final = re.compile(r"(?<![\w./])@\w")
_CAPTIONED: Final = (FormatKey.IMAGE, FormatKey.CAROUSEL, FormatKey.REEL)


def problems(content: Content, account: Account) -> list[Problem]:
    """Every reason why Instagram would refuse the content. Pure."""

    def kind(part: Part, position: int) -> FormatKey:
        return format_at(part, position, content.options)

    found = check(content, CAPABILITIES, account, kind=kind)
    for index, part in enumerate(content.parts):
        key = kind(part, content.first + index)
        found.extend(_of_part(part, key, ("parts", str(index))))
    found.extend(_options(content.options))
    return found


def _of_part(part: Part, key: FormatKey, path: tuple[str, ...]) -> Iterator[Problem]:
    caption = caption_of(part)
    if key in (FormatKey.TEXT, FormatKey.LINK) and caption.strip():
        yield Problem(
            (*path, "media"), "media.count", "Instagram takes no post without a file.", "Add an image or a video."
        )
    if key in _CAPTIONED:
        for limit, pattern, noun in ((HASHTAGS, _HASHTAG, "hashtags"), (MENTIONS, _MENTION, "mentions")):
            count, most = len(pattern.findall(caption)), limit.max or 0
            if count > most:
                message = f"The text has {count} {noun}; at most {most} are allowed."
                yield Problem((*path, "text"), limit.rule, message, "Remove some of them.", str(count), str(most))
    if key is FormatKey.STORY and caption.strip():
        message = "A story shows its file only; the text is left out."
        yield Problem(
            (*path, "text"), "story.text", message, "Put the words into the picture.", severity=Severity.WARNING
        )
    if key is FormatKey.THREAD and part.media:
        yield Problem(
            (*path, "media"), "comment.media", "A comment on Instagram has no files.", "Move them to the post."
        )
    if key in (FormatKey.IMAGE, FormatKey.CAROUSEL):
        yield from _ratios(part, key, path)


def _ratios(part: Part, key: FormatKey, path: tuple[str, ...]) -> Iterator[Problem]:
    """The first image decides how the others of a carousel are cut, so only it must keep to the ratio."""
    for index, item in enumerate(part.media[:1] if key is FormatKey.CAROUSEL else part.media):
        if item.kind is not MediaKind.IMAGE or not item.width or not item.height:
            continue
        ratio = item.width / item.height
        # A pixel is lost where an image was made smaller.
        if not NARROWEST - 0.005 <= ratio <= WIDEST + 0.005:
            yield Problem(
                (*path, "media", str(index)),
                "image.ratio",
                "The image is too narrow or too wide for Instagram's feed.",
                "Cut it to something between 4:5 and 1.91:1, or publish it as a story.",
                f"{ratio:.2f}",
                f"{NARROWEST:.2f} to {WIDEST:.2f}",
            )


def _options(options: Mapping[str, Any]) -> Iterator[Problem]:
    if len(collaborators_in(options)) > COLLABORATORS:
        yield _wrong("collaborators", f"At most {COLLABORATORS} accounts can publish it with you.", "Name fewer.")
    place = options.get("location_id")
    if place is not None and not str(place).isdecimal():
        yield _wrong("location_id", "The place is not given by the id of a Facebook page.", "Give the page's number.")
    offset = options.get("thumb_offset")
    if offset is not None and not str(offset).isdecimal():
        yield _wrong("thumb_offset", "The moment of the cover is not a number.", "Give milliseconds, e.g. 1500.")
    cover = options.get("cover_url")
    if cover is not None and not (str(cover).startswith("https://") and str(cover).isascii()):
        yield _wrong("cover_url", "The cover has no public address.", "Give an address that begins with https://.")


def _wrong(option: str, message: str, fix: str) -> Problem:
    return Problem(("options", option), f"{option}.form", message, fix)
