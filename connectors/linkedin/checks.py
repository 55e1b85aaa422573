"""What LinkedIn would refuse, found before anything is sent: the declared limits and what only LinkedIn asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connectors.capabilities import FormatKey, Unit
from connectors.contract import Account, Content, Link, Part, Problem, Severity
from connectors.linkedin import little, polls
from connectors.linkedin.accounts import is_page
from connectors.linkedin.capabilities import CAPABILITIES, IMAGE_TYPES, MEMBERS_ONLY, VISIBILITIES
from connectors.preflight import check


def problems(content: Content, account: Account) -> list[Problem]:
    """Every reason why LinkedIn would refuse the content. Pure."""
    found = check(content, CAPABILITIES, account, _measure)
    for position, part in enumerate(content.parts, start=content.first):
        path = ("parts", str(position))
        found.extend(_comment(part, path) if position else _post(part, path))
    if content.options.get("visibility") == MEMBERS_ONLY and is_page(account):
        found.append(
            Problem(
                ("options", "visibility"),
                "option.choice",
                "A page has no connections: its posts are for everybody, or for whoever is logged in.",
                "Choose PUBLIC or LOGGED_IN.",
                MEMBERS_ONLY,
                ", ".join(word for word in VISIBILITIES if word != MEMBERS_ONLY),
            )
        )
    title = content.options.get("title")
    if title is not None and not (isinstance(title, str) and title.strip()):
        found.append(Problem(("options", "title"), "title.form", "The title is not a text.", "Give a text."))
    poll = content.options.get("poll")
    if poll is not None:
        found.extend(polls.problems(poll, content))
    return found


def card_title(link: Link) -> str:
    """The title of a card: LinkedIn does not read the page, and wants one."""
    return link.title.strip() or _host(link.url) or link.url


def _measure(text: str) -> Mapping[Unit, int]:
    # LinkedIn counts what is sent, with the signs that escape others.
    return {Unit.CHARACTERS: len(little.write(text))}


def _post(part: Part, path: tuple[str, ...]) -> Iterator[Problem]:
    if part.link is None:
        return
    if part.media:
        yield Problem(
            (*path, "link"),
            "link.with_media",
            "A post on LinkedIn shows either files or a link card.",
            "Put the address into the text and remove the card, or remove the files.",
        )
    if _host(part.link.url) is None:
        yield Problem(
            (*path, "link", "url"),
            "link.url",
            "The card's address is not a web address.",
            "Give the whole address, beginning with https://.",
            part.link.url,
        )
    elif not part.link.title.strip():
        yield Problem(
            (*path, "link", "title"),
            "link.title",
            "LinkedIn does not read the page behind a card: it will show the server's name as its title.",
            "Give the card a title.",
            severity=Severity.WARNING,
        )
    picture = part.link.thumbnail
    if picture is not None and picture.mime not in IMAGE_TYPES:
        yield Problem(
            (*path, "link", "thumbnail"),
            "media.type",
            "The card's picture has a type that LinkedIn does not take.",
            f"Use one of: {', '.join(IMAGE_TYPES)}.",
            picture.mime,
            ", ".join(IMAGE_TYPES),
        )


def _host(url: str) -> str | None:
    """The host of a web address; None where it is none."""
    try:
        pieces = urlsplit(url)
    except ValueError:
        return None
    return pieces.hostname if pieces.scheme in {"https", "http"} else None


def _comment(part: Part, path: tuple[str, ...]) -> Iterator[Problem]:
    """The later parts of a thread are comments: plain text, and shorter."""
    if part.media or part.link is not None:
        yield Problem(
            path,
            "comment.text_only",
            "On LinkedIn the later parts of a thread are comments, which take a text only.",
            "Move the files and the card to the first part.",
        )
    if little.mentions(part.text):
        yield Problem(
            (*path, "text"),
            "comment.mention",
            "A comment on LinkedIn names nobody: the mention is shown as it is written, with its signs.",
            "Write the name alone, or move the mention to the first part.",
            severity=Severity.WARNING,
        )
    (limit,) = CAPABILITIES.limits(FormatKey.THREAD)
    if limit.max is not None and len(part.text) > limit.max:
        yield Problem(
            (*path, "text"),
            limit.rule,
            f"The comment has {len(part.text):,} characters; at most {limit.max:,} are allowed.",
            "Shorten the text.",
            str(len(part.text)),
            str(limit.max),
        )
