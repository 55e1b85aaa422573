"""Checks content against what a platform declares, before anything is sent. Pure: no network, no clock.

Every connector's `validate` starts here and adds what only its platform knows. The figures come from
`Capabilities`, narrowed or widened by the account's own, so that the capability matrix and the verdict agree.

Rules that are read from a format's limits: `text.length`, `text.bytes`, `media.count`, `<kind>.count`,
`<kind>.bytes`, `<kind>.pixels` (width times height), `<kind>.duration`, `<kind>.pages`, `alt.length`, `thread.parts`.
An option that says something about other kinds of posts only (`Option.formats`) is a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import regex

from connectors.capabilities import Capabilities, Format, FormatKey, Limit, MediaKind, Unit
from connectors.contract import Account, Content, Media, Part, Problem, Severity

Measure = Callable[[str], Mapping[Unit, int]]
"""How long a text is as the platform counts it, by unit (a Mastodon link counts 23 characters)."""
Kind = Callable[[Part, int], FormatKey]
"""What kind of post a part is at its place, where options or the platform decide more than its files do."""

_GRAPHEME = regex.compile(r"\X")
_NOUNS = {
    Unit.GRAPHEMES: "characters",
    Unit.CHARACTERS: "characters",
    Unit.BYTES: "bytes",
    Unit.COUNT: "items",
    Unit.PIXELS: "pixels",
    Unit.SECONDS: "seconds",
}


def plain_counts(text: str) -> Mapping[Unit, int]:
    """Count a text as it stands: grapheme clusters, code points and bytes of UTF-8."""
    return {
        Unit.GRAPHEMES: sum(1 for _ in _GRAPHEME.finditer(text)),
        Unit.CHARACTERS: len(text),
        Unit.BYTES: len(text.encode("utf-8", "surrogatepass")),
    }


def check(
    content: Content,
    capabilities: Capabilities,
    account: Account,
    measure: Measure = plain_counts,
    kind: Kind | None = None,
) -> list[Problem]:
    """Every way in which the content breaks a declared limit; the empty list means that none is broken.

    `kind` tells the kind of each part, by default `format_of`.
    """
    kind_at = kind or (lambda part, _position: format_of(part))
    first = kind_at(content.parts[0], 0) if content.parts and not content.first else None
    problems = list(_options(content, capabilities, first))
    if not content.parts:
        problems.append(_empty(("parts",)))
    if len(content.parts) > 1:
        problems.extend(_thread(content, capabilities, account))
    for position, part in enumerate(content.parts):
        key = kind_at(part, content.first + position)
        problems.extend(_part(part, key, ("parts", str(position)), capabilities, account, measure))
    return problems


def format_of(part: Part) -> FormatKey:
    """What kind of post a part is. Sound goes with video: platforms attach both the same way."""
    if any(item.kind is MediaKind.DOCUMENT for item in part.media):
        return FormatKey.DOCUMENT
    if any(item.kind is not MediaKind.IMAGE for item in part.media):
        return FormatKey.VIDEO
    if part.media:
        return FormatKey.IMAGE
    return FormatKey.LINK if part.link else FormatKey.TEXT


def _options(content: Content, capabilities: Capabilities, first: FormatKey | None) -> Iterator[Problem]:
    declared = {option.name: option for option in capabilities.options}
    for name, value in content.options.items():
        option = declared.get(name)
        if option is None:
            known = ", ".join(sorted(declared)) or "none"
            yield Problem(
                ("options", name),
                "option.unknown",
                f"{capabilities.name} has no option “{name}”.",
                fix=f"Remove it. The options are: {known}.",
            )
        elif option.choices and value not in option.choices:
            yield Problem(
                ("options", name),
                "option.choice",
                f"The option “{name}” has a value that {capabilities.name} does not know.",
                fix=f"Choose one of: {', '.join(option.choices)}.",
                measured=str(value),
                limit=", ".join(option.choices),
            )
        elif option.media and not (isinstance(value, Media) and value.kind is MediaKind.IMAGE):
            yield Problem(
                ("options", name),
                "option.image",
                f"The option “{name}” is not an image of yours.",
                fix="Upload an image and give its id.",
            )
        elif option.formats and first is not None and first not in option.formats:
            kinds = ", ".join(option.formats)
            yield Problem(
                ("options", name),
                "option.unused",
                f"The option “{name}” is for other kinds of posts on {capabilities.name}; it is left out.",
                fix=f"Remove it, or publish one of: {kinds}.",
                measured=first,
                limit=kinds,
                severity=Severity.WARNING,
            )


def _thread(content: Content, capabilities: Capabilities, account: Account) -> Iterator[Problem]:
    if capabilities.format(FormatKey.THREAD) is None:
        yield Problem(
            ("parts",),
            "thread.unsupported",
            f"{capabilities.name} has no threads.",
            fix="Leave one part.",
            measured=str(len(content.parts)),
            limit="1",
        )
        return
    for limit in capabilities.limits(FormatKey.THREAD, account.limits):
        if limit.rule == "thread.parts":
            yield from _bound(("parts",), limit, len(content.parts), "The thread", "Leave out some parts.")


def _part(
    part: Part, key: FormatKey, path: tuple[str, ...], capabilities: Capabilities, account: Account, measure: Measure
) -> Iterator[Problem]:
    if not part.text.strip() and not part.media and part.link is None:
        yield _empty((*path, "text"))
        return
    if key is not FormatKey.CAROUSEL and len({item.kind for item in part.media}) > 1:
        yield Problem(
            (*path, "media"),
            "media.mixed",
            f"A post on {capabilities.name} takes files of one kind only.",
            fix="Keep the images, or one video, and move the rest to another post.",
        )
    declared = capabilities.format(key)
    if declared is None:
        yield Problem(
            path,
            "format.unsupported",
            f"{capabilities.name} takes no posts of the kind “{key}”.",
            fix="Change what is attached to the post.",
        )
        return
    limits = {limit.rule: limit for limit in capabilities.limits(key, account.limits)}
    counts = measure(part.text)
    for rule in ("text.length", "text.bytes"):
        if (limit := limits.get(rule)) and limit.unit in counts:
            yield from _bound((*path, "text"), limit, counts[limit.unit], "The text", "Shorten the text.")
    if limit := limits.get("media.count"):
        yield from _bound((*path, "media"), limit, len(part.media), "The post's list of files", "Remove some files.")
    for kind, count in Counter(item.kind for item in part.media).items():
        if limit := limits.get(f"{kind}.count"):
            yield from _bound((*path, "media"), limit, count, f"The list of {kind} files", "Remove some of them.")
    for index, item in enumerate(part.media):
        yield from _file(item, (*path, "media", str(index)), declared, limits)


def _file(item: Media, path: tuple[str, ...], declared: Format, limits: Mapping[str, Limit]) -> Iterator[Problem]:
    if declared.media_types and item.mime not in declared.media_types:
        yield Problem(
            path,
            "media.type",
            "The platform does not take a file of this type here.",
            fix=f"Use one of: {', '.join(declared.media_types)}.",
            measured=item.mime,
            limit=", ".join(declared.media_types),
        )
    figures = {
        f"{item.kind}.bytes": (item.size, "Use a smaller file."),
        f"{item.kind}.pixels": ((item.width or 0) * (item.height or 0), "Use a picture with fewer pixels."),
        f"{item.kind}.pages": (item.pages, "Leave out some pages."),
        f"{item.kind}.duration": (int(item.duration.total_seconds()) if item.duration else None, "Cut the recording."),
    }
    for rule, (figure, fix) in figures.items():
        if figure is not None and (limit := limits.get(rule)):
            yield from _bound(path, limit, figure, "The file", fix)
    if limit := limits.get("alt.length"):
        length = plain_counts(item.alt).get(limit.unit, 0)
        yield from _bound((*path, "alt"), limit, length, "The description of the file", "Shorten the description.")
    if item.kind is MediaKind.IMAGE and not item.alt.strip():
        yield Problem(
            (*path, "alt"),
            "alt.missing",
            "The image has no description, so people who cannot see it miss it.",
            fix="Describe the image in a sentence.",
            severity=Severity.WARNING,
        )


def _bound(path: tuple[str, ...], limit: Limit, measured: int, subject: str, fix: str) -> Iterator[Problem]:
    noun = _NOUNS[limit.unit]
    if limit.max is not None and measured > limit.max:
        message = f"{subject} has {measured:,} {noun}; at most {limit.max:,} are allowed."
        yield Problem(path, limit.rule, message, fix, str(measured), str(limit.max))
    if limit.min is not None and measured < limit.min:
        message = f"{subject} has {measured:,} {noun}; at least {limit.min:,} are needed."
        yield Problem(
            path,
            limit.rule,
            message,
            f"Add what is missing, at least {limit.min:,} {noun}.",
            str(measured),
            str(limit.min),
        )


def _empty(path: tuple[str, ...]) -> Problem:
    return Problem(path, "content.empty", "There is nothing to publish.", fix="Add a text, a file or a link.")
