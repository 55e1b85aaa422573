"""What Instagram would refuse, found before anything is sent: declared limits, ratios, hashtags, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connectors.capabilities import FormatKey, MediaKind
from connectors.contract import Account, Content, Part, Problem, Severity
from connectors.instagram import options
from connectors.instagram.capabilities import CAPABILITIES, HASHTAGS, MENTIONS, NARROWEST, WIDEST
from connectors.instagram.kinds import caption_of, format_at
from connectors.preflight import check

_HASHTAG: Final = re.compile(r"(?<![\w&/])#\w")
_MENTION: Final = re.compile(r"(?<![\w./])@\w")
_CAPTIONED: Final = (FormatKey.IMAGE, FormatKey.CAROUSEL, FormatKey.REEL)


def problems(content: Content, account: Account) -> list[Problem]:
    """Every reason why Instagram would refuse the content. Pure."""

    def kind(part: Part, position: int) -> FormatKey:
        return format_at(part, position, content.options)

    found = check(content, CAPABILITIES, account, kind=kind)
    if len(content.parts) > 1 and not content.first and kind(content.parts[0], 0) is FormatKey.STORY:
        message = "A story on Instagram takes no comments, so the later parts cannot go out."
        found.append(Problem(("parts", "1"), "story.comment", message, "Leave them out, or publish it in the feed."))
    for index, part in enumerate(content.parts):
        key = kind(part, content.first + index)
        found.extend(_of_part(part, key, ("parts", str(index))))
    if content.parts:
        found.extend(options.problems(content, kind(content.parts[0], content.first)))
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
