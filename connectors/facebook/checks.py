"""What Facebook would refuse, found before anything is sent: the declared limits, and the form of its options."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.capabilities import FormatKey
from connectors.contract import Account, Content, Part, Problem, Severity
from connectors.facebook.capabilities import CAPABILITIES
from connectors.facebook.kinds import format_at
from connectors.preflight import check


def problems(content: Content, account: Account) -> list[Problem]:
    """Every reason why Facebook would refuse the content. Pure."""

    def kind(part: Part, position: int) -> FormatKey:
        return format_at(part, position, content.options)

    found = check(content, CAPABILITIES, account, kind=kind)
    for index, part in enumerate(content.parts):
        found.extend(_of_part(part, kind(part, content.first + index), str(index)))
    title = content.options.get("title")
    if title is not None and not isinstance(title, str):
        found.append(Problem(("options", "title"), "title.form", "The title is not a text.", "Give a text."))
    place = content.options.get("place")
    if place is not None and not str(place).isdecimal():
        message = "The place is not given by the id of a Facebook page."
        found.append(Problem(("options", "place"), "place.form", message, "Give the page's number."))
    return found


def _of_part(part: Part, key: FormatKey, index: str) -> Iterator[Problem]:
    path = ("parts", index)
    if part.link is not None and part.media and key is not FormatKey.THREAD:
        message = "Facebook shows either a link or files; here the link's address is added to the text."
        yield Problem((*path, "link"), "link.with_media", message, "Leave out one of them.", severity=Severity.WARNING)
    if key is FormatKey.STORY and part.text.strip():
        message = "A story shows its file only; the text is left out."
        yield Problem(
            (*path, "text"), "story.text", message, "Put the words into the picture.", severity=Severity.WARNING
        )
