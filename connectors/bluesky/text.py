"""Finds mentions, links and tags in a text, and says where they stand in bytes of UTF-8.

A post on Bluesky is plain text with facets beside it. A facet's range counts bytes, not characters, and the
server does not check it, so a wrong range would show a broken post:
https://docs.bsky.app/docs/advanced-guides/post-richtext
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connectors.bluesky.names import HANDLE_PATTERN
from connectors.capabilities import Unit
from connectors.preflight import plain_counts

MAX_TAG_GRAPHEMES = 64
MAX_TAG_BYTES = 640

_MENTION = re.compile(rf"(?<![^\s(\[])@({HANDLE_PATTERN})(?![\w@-])")
_LINK = re.compile(r"(?<![^\s(\[])https?://[^\s<>\"]+", re.IGNORECASE)
_TAG = re.compile(r"(?<!\S)[#\uff03](?!\ufe0f)([^\s\u00ad\u2060\u200a-\u200d\u20e2]+)")
_BRACKETS = {")": "(", "]": "["}


class FacetKind(StrEnum):
    """What a piece of text means."""

    MENTION = "mention"
    LINK = "link"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Span:
    """One mention, link or tag as it stands in the text."""

    kind: FacetKind
    start: int
    """First code point."""
    end: int
    """Code point after the last one."""
    value: str
    """The handle in lower case without `@`, the address, or the tag without `#`."""


def spans(text: str) -> tuple[Span, ...]:
    """Every mention, link and tag in the text, in order, none overlapping another."""
    found = sorted((*_links(text), *_mentions(text), *_tags(text)), key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in found:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def mentioned(text: str) -> tuple[str, ...]:
    """The handles that a text mentions, each once, in order."""
    return tuple(dict.fromkeys(span.value for span in spans(text) if span.kind is FacetKind.MENTION))


def facets(text: str, dids: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """The facets of a post's record (`app.bsky.richtext.facet`).

    `dids` says who is behind a mentioned handle. A handle that belongs to nobody stays plain text, as in
    Bluesky's own application.
    """
    made: list[dict[str, Any]] = []
    for span in spans(text):
        feature = _feature(span, dids)
        if feature is not None:
            start = len(text[: span.start].encode())
            end = start + len(text[span.start : span.end].encode())
            made.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    return made


def _feature(span: Span, dids: Mapping[str, str | None]) -> dict[str, str] | None:
    if span.kind is FacetKind.LINK:
        return {"$type": "app.bsky.richtext.facet#link", "uri": span.value}
    if span.kind is FacetKind.TAG:
        return {"$type": "app.bsky.richtext.facet#tag", "tag": span.value}
    did = dids.get(span.value)
    return None if did is None else {"$type": "app.bsky.richtext.facet#mention", "did": did}


def _mentions(text: str) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        yield Span(FacetKind.MENTION, match.start(), match.end(), match[1].lower())


def _links(text: str) -> Iterator[Span]:
    for match in _LINK.finditer(text):
        address = _without_tail(match[0])
        if "://" in address and not address.endswith("://"):
            yield Span(FacetKind.LINK, match.start(), match.start() + len(address), address)


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        tag = match[1]
        while tag and unicodedata.category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        if not any(_carries_meaning(character) for character in tag):
            continue
        counts = plain_counts(tag)
        if counts[Unit.GRAPHEMES] <= MAX_TAG_GRAPHEMES and counts[Unit.BYTES] <= MAX_TAG_BYTES:
            yield Span(FacetKind.TAG, match.start(), match.start() + 1 + len(tag), tag)


def _carries_meaning(character: str) -> bool:
    """A tag of digits and punctuation only (`#1`, `#...`) is a number or an ornament, not a tag."""
    return not character.isdigit() and not unicodedata.category(character).startswith("P")


def _without_tail(address: str) -> str:
    """Cut what belongs to the sentence: closing punctuation, and a bracket that was opened before the address."""
    while address:
        last = address[-1]
        opening = _BRACKETS.get(last)
        unmatched = opening is not None and address.count(last) > address.count(opening)
        if last not in ".,;:!?'\u2019\u201d\u2026" and not unmatched:
            break
        address = address[:-1]
    return address
