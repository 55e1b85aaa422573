r"""LinkedIn's "little" text format: what a user wrote, as a post's commentary carries it, and back.

Fifteen characters have a meaning there. One that stands unescaped is not refused: LinkedIn cuts the text at it, without
a word. So everything is escaped but hashtags and mentions. A mention is written as LinkedIn writes it,
`@[Name](urn:li:organization:123)`; the name has to be the entity's own, letter by letter, else LinkedIn shows plain
text. Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import re
from typing import Final

RESERVED: Final = frozenset("\\|{}@[]()<>#*_~")

_MENTION: Final = re.compile(r"@\[(?P<name>[^\[\]\n]+)\]\((?P<urn>urn:li:(?:organization|person):[\w-]+)\)", re.ASCII)
# LinkedIn's own sign of a hashtag, with a word that has a letter: `#1` is a number and no tag.
_HASHTAG: Final = re.compile(r"(?<![\w#&/])#(?P<tag>[^\W_]*[^\W\d_][^\W_]*)(?![\w#])")
_ENTITY: Final = re.compile(f"(?P<mention>{_MENTION.pattern})|(?P<hashtag>{_HASHTAG.pattern})")
_WRITTEN: Final = re.compile(
    r"\{hashtag\|\\?#\|(?P<tag>(?:[^\\{}|]|\\.)*)\}"
    r"|@\[(?P<name>(?:[^\\\[\]]|\\.)+)\]\((?P<urn>urn:li:\w+:[\w-]+)\)"
    r"|\\(?P<escaped>.)",
    re.DOTALL,
)


def write(text: str) -> str:
    """The text as `commentary`: everything literal but hashtags and mentions."""
    pieces, position = [], 0
    for match in _ENTITY.finditer(text):
        pieces.append(_literal(text[position : match.start()]))
        if match["mention"]:
            pieces.append(f"@[{_literal(match['name'])}]({match['urn']})")
        else:
            pieces.append(match["hashtag"])
        position = match.end()
    return "".join([*pieces, _literal(text[position:])])


def mentions(text: str) -> bool:
    """Whether a user's text has a mention."""
    return _MENTION.search(text) is not None


def read(commentary: str) -> str:
    """What a user wrote; the opposite of `write`. LinkedIn may give hashtags back in its long form."""
    return _WRITTEN.sub(_plain, commentary)


def _plain(match: re.Match[str]) -> str:
    if match["escaped"] is not None:
        return match["escaped"]
    if match["urn"] is not None:
        return f"@[{read(match['name'])}]({match['urn']})"
    return f"#{read(match['tag'])}"


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if sign in RESERVED else sign for sign in text)
