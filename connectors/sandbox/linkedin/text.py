r"""How LinkedIn reads the "little" text of a post: escapes, hashtags, mentions, the cut at a sign that stands alone.

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"\\(?P<escaped>.)"
    r"|(?P<mention>@\[(?:[^\]\\]|\\.)+\]\(urn:li:(?:person|organization):[\w-]+\))"
    r"|\{hashtag\|\\?#\|(?P<tag>[^{}|]+)\}"
    r"|(?P<hashtag>\#\w+)"
    r"|(?P<plain>[^|{}@\[\]()<>#\\*_~]+)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def shown(commentary: str) -> str:
    """What readers see. The text ends at a reserved sign that is neither escaped nor part of anything."""
    pieces, position = [], 0
    while (match := _TOKENS.match(commentary, position)) is not None:
        if match["mention"]:
            pieces.append(_ESCAPE.sub(r"\1", match["mention"]))
        elif match["tag"]:
            pieces.append("#" + _ESCAPE.sub(r"\1", match["tag"]))
        else:
            pieces.append(match["escaped"] or match["hashtag"] or match["plain"])
        position = match.end()
    return "".join(pieces)
