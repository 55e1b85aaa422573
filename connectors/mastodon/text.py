"""Text as Mastodon counts and compares it.

A post's length is the number of grapheme clusters of content warning and text together, where every URL counts a
fixed number of characters and a mention of somebody on another server counts without the server's name.
Source: https://docs.joinmastodon.org/user/posting/ ("Links", "Mentions").
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

import regex

from connectors.contract import Part

_GRAPHEME = regex.compile(r"\X")

_URL_START = regex.compile(
    r"(?<![A-Za-z0-9@\uFF20$#\uFF03])"
    r"(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://"
    r"(?:[\p{L}\p{M}\p{N}_-]+\.)+(?:xn--[a-z0-9-]+|\p{L}{2,})(?![\p{L}\p{N}_-])(?::[0-9]{1,5})?",
    flags=regex.IGNORECASE,
)
_NEVER_A_DOMAIN: Final = frozenset({"test", "example", "invalid", "localhost", "local", "internal"})
"""Last labels that stand in no list of top-level domains: the server does not take such an address for a link."""
_TRAILING: Final = frozenset("!*?\"'「」<>;:=,.$%[]~|@()")
_SHOWN_AS_WRITTEN: Final = frozenset({"mention", "hashtag"})
"""Classes of links whose text is what was written, not their address."""
_MENTION = regex.compile(
    r"(?<![=/\w])@(?>([a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@[\w.-]*\w)?)(?![@\uFF20]|://)", flags=regex.IGNORECASE
)


def posted_text(part: Part) -> str:
    """What is sent as the text of a part: a link that the text does not contain is added as its last line.

    Mastodon has no link attachment; the server makes a card of the first URL of the text.
    """
    if part.link is None or part.link.url in part.text:
        return part.text
    return f"{part.text}\n\n{part.link.url}" if part.text.strip() else part.link.url


def graphemes(text: str) -> int:
    """The number of grapheme clusters: what a reader sees as one character each."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def length(text: str, *, spoiler: str = "", url_length: int = 23) -> int:
    """The length of a post in characters as the server counts it."""
    return graphemes(spoiler + _countable(text, url_length))


def _countable(text: str, url_length: int) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in url_spans(text):
        pieces.extend((_without_domains(text, at, start), "x" * url_length))
        at = end
    pieces.append(_without_domains(text, at, len(text)))
    return "".join(pieces)


def url_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the server sees links with a scheme, as `(start, end)`."""
    at = 0
    while found := _URL_START.search(text, at):
        host = found[0].rsplit("://", 1)[1].split(":", 1)[0]
        if host.rsplit(".", 1)[-1].lower() in _NEVER_A_DOMAIN:
            at = found.end()
            continue
        end = _tail_end(text, found.end())
        yield found.start(), end
        at = end


def _tail_end(text: str, start: int) -> int:
    """The end of path and query: brackets count only in pairs, punctuation at the end belongs to the sentence."""
    if start >= len(text) or text[start] not in "/?":
        return start
    end = start
    closing: list[int] = []
    while end < len(text) and not text[end].isspace() and text[end] not in "<>":
        if text[end] == "(":
            closing.append(end)
        elif text[end] == ")":
            if not closing:
                break
            closing.pop()
        end += 1
    if closing:
        end = closing[0]
    while end > start and text[end - 1] in _TRAILING and not (text[end - 1] == ")" and text[start:end].count("(")):
        end -= 1
    return end


def _without_domains(text: str, start: int, end: int) -> str:
    """A stretch of text with `@user@server` shortened to `@user`; what stands before it decides as well."""
    pieces: list[str] = []
    at = start
    for found in _MENTION.finditer(text, start, end):
        pieces.append(text[at : found.end(1)])
        at = found.end()
    pieces.append(text[at:end])
    return "".join(pieces)


class _Plain(HTMLParser):
    """Collects the text of a post's HTML: a link gives its address, paragraphs and line breaks white space."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "p"}:
            self.pieces.append("\n")
        given = dict(attrs)
        if tag == "a" and given.get("href") and not _SHOWN_AS_WRITTEN.intersection((given.get("class") or "").split()):
            self.pieces.append(given["href"] or "")
            self._in_link = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        if not self._in_link:
            self.pieces.append(data)


def plain_text(html: str) -> str:
    """The text of a post's `content` as it was written; links are shown shortened and lead to the whole address."""
    parser = _Plain()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


def same_text(left: str, right: str) -> bool:
    """Whether two texts are the same to a reader: white space and the servers of mentions do not count."""
    return _shape(left) == _shape(right)


def _shape(text: str) -> str:
    return " ".join(_without_domains(text, 0, len(text)).split())
