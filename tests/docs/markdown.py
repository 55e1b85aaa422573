"""Small pieces of Markdown, and what the tests read out of it: links, anchors, code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGES = (
    *(PROJECT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
)
"""What a reader finds first."""

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell would end it, so it is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def blocks(text: str, language: str | None = None) -> Iterator[str]:
    """The fenced blocks of one language, or all of them."""
    for found, body in _FENCE.findall(text):
        if language is None or found == language:
            yield body


def code(text: str) -> Iterator[str]:
    """Everything that is set as code: each line of a block, each inline piece."""
    for body in blocks(text):
        yield from body.splitlines()
    yield from _INLINE.findall(_FENCE.sub("", text))


def links(text: str) -> list[str]:
    """The targets of links and images, outside of code."""
    return _LINK.findall(_INLINE.sub("", _FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        slug = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")
        number = sum(1 for known in found if known == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", known))
        found.add(f"{slug}-{number}" if number else slug)
    return found
