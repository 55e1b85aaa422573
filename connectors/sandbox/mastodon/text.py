"""How the instance counts and renders text. Source: docs.joinmastodon.org/user/posting."""

from __future__ import annotations

import html
import re

import regex

URL_LENGTH = 23
_GRAPHEMES = regex.compile(r"\X")
_URL = re.compile(r"(?<![\w@/])https?://[^\s<>\"]*[^\s<>\".,;:!?)\]'\u2019]")
_REMOTE_MENTION = re.compile(r"(?<![\w/])@(\w+)@[\w.-]+\w")
_ENTITY = re.compile(rf"(?P<url>{_URL.pattern})|(?<![\w/&])#(?P<tag>\w*[^\W\d_]\w*)")


def length(text: str) -> int:
    """Characters as readers see them; an address counts 23, of a remote mention only the user's part counts."""
    text = _URL.sub("x" * URL_LENGTH, text)
    text = _REMOTE_MENTION.sub(r"@\1", text)
    return len(_GRAPHEMES.findall(text))


def tags(text: str) -> list[str]:
    """The hashtags of a text without the sign, lower case, each once."""
    found = (match["tag"].lower() for match in _ENTITY.finditer(text) if match["tag"])
    return list(dict.fromkeys(found))


def to_html(text: str, base: str) -> str:
    """The text as the instance shows it: paragraphs, line breaks, links."""

    def entity(match: re.Match[str]) -> str:
        if match["url"]:
            url = html.escape(match["url"])
            shown = html.escape(match["url"].partition("://")[2])
            return f'<a href="{url}" target="_blank" rel="nofollow noopener noreferrer">{shown}</a>'
        tag = html.escape(match["tag"])
        return f'<a href="{base}/tags/{tag.lower()}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'

    def inline(line: str) -> str:
        parts, position = [], 0
        for match in _ENTITY.finditer(line):
            parts += [html.escape(line[position : match.start()], quote=False), entity(match)]
            position = match.end()
        return "".join([*parts, html.escape(line[position:], quote=False)])

    paragraphs = [part for part in re.split(r"\n{2,}", text.strip()) if part]
    return "".join(f"<p>{'<br />'.join(inline(line) for line in part.split(chr(10)))}</p>" for part in paragraphs)
