"""What only Bluesky asks of content, beyond the declared limits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors import preflight
from connectors.bluesky.capabilities import CAPABILITIES, IMAGE_TYPES, MAX_ALT_GRAPHEMES, MAX_IMAGE_BYTES, MAX_LANGUAGES
from connectors.capabilities import Unit
from connectors.contract import Account, Content, Link, Part, Problem, Severity

# Enough of BCP 47 to catch mistakes such as `english` with a space or `en_US`; servers refuse those.
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,8}|x)(?:-[A-Za-z0-9]{1,8})*")


def check(content: Content, account: Account) -> list[Problem]:
    """Every reason why a server would refuse the content, and warnings about what readers would miss."""
    problems = preflight.check(content, CAPABILITIES, account)
    problems.extend(_languages(content.languages))
    for position, part in enumerate(content.parts):
        problems.extend(_part(part, ("parts", str(position)), account))
    return problems


def _languages(languages: tuple[str, ...]) -> Iterator[Problem]:
    if len(languages) > MAX_LANGUAGES:
        yield Problem(
            ("languages",),
            "languages.count",
            f"A post on Bluesky names at most {MAX_LANGUAGES} languages.",
            "Keep the main languages of the text.",
            str(len(languages)),
            str(MAX_LANGUAGES),
        )
    for position, tag in enumerate(languages):
        if _LANGUAGE.fullmatch(tag) is None:
            yield Problem(
                ("languages", str(position)),
                "languages.tag",
                "This is not a language tag.",
                "Write it like en, pt-BR or zh-Hant.",
                tag,
            )


def _part(part: Part, path: tuple[str, ...], account: Account) -> Iterator[Problem]:
    if part.link is not None:
        if part.media:
            yield Problem(
                (*path, "link"),
                "link.with_media",
                "A post on Bluesky shows either files or a link card.",
                "Put the address into the text and remove the card, or remove the files.",
            )
        yield from _link(part.link, (*path, "link"), account)
    for position, item in enumerate(part.media):
        length = preflight.plain_counts(item.alt)[Unit.GRAPHEMES]
        if length > MAX_ALT_GRAPHEMES:
            yield Problem(
                (*path, "media", str(position), "alt"),
                "alt.length",
                f"The description has {length:,} characters; Bluesky's own application cuts it at "
                f"{MAX_ALT_GRAPHEMES:,}.",
                "Shorten the description.",
                str(length),
                str(MAX_ALT_GRAPHEMES),
                Severity.WARNING,
            )


def _link(link: Link, path: tuple[str, ...], account: Account) -> Iterator[Problem]:
    if not _is_web_address(link.url):
        yield Problem(
            (*path, "url"),
            "link.url",
            "The card's address is not a web address.",
            "Give the whole address, beginning with https://.",
            link.url,
        )
    picture = link.thumbnail
    if picture is None:
        return
    limit = min(account.limits.get("image.bytes", MAX_IMAGE_BYTES), MAX_IMAGE_BYTES)
    if picture.size > limit:
        yield Problem(
            (*path, "thumbnail"),
            "image.bytes",
            f"The card's picture has {picture.size:,} bytes; at most {limit:,} are allowed.",
            "Use a smaller picture.",
            str(picture.size),
            str(limit),
        )
    if picture.mime not in (*IMAGE_TYPES, "image/gif"):
        yield Problem(
            (*path, "thumbnail"),
            "media.type",
            "The card's picture has a type that Bluesky does not take.",
            f"Use one of: {', '.join(IMAGE_TYPES)}.",
            picture.mime,
        )


def _is_web_address(url: str) -> bool:
    try:
        pieces = urlsplit(url)
        return pieces.scheme in ("https", "http") and bool(pieces.hostname) and not re.search(r"\s", url)
    except ValueError:
        return False
