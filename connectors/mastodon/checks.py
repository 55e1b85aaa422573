"""What Mastodon would refuse, found before anything is sent: the declared limits and the platform's own options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from connectors.capabilities import FormatKey, Limit, Unit
from connectors.contract import Account, Content, Problem
from connectors.mastodon.capabilities import CAPABILITIES, URL_LENGTH_RULE
from connectors.mastodon.text import graphemes, length, posted_text
from connectors.preflight import check

_POLL_KEYS: Final = frozenset({"options", "expires_in", "multiple", "hide_totals"})
_FLAGS: Final = (True, False, "true", "false")


def problems(content: Content, account: Account) -> list[Problem]:
    """Every reason why the account's server would refuse the content. Pure."""
    spoiler = content.options.get("spoiler_text") or ""
    reserved = _limits(FormatKey.TEXT, account)[URL_LENGTH_RULE].max or 0

    def measure(text: str) -> Mapping[Unit, int]:
        return {Unit.GRAPHEMES: length(text, spoiler=str(spoiler), url_length=reserved)}

    posted = replace(content, parts=tuple(replace(part, text=posted_text(part)) for part in content.parts))
    found = check(posted, CAPABILITIES, account, measure)
    found.extend(_options(content))
    poll = content.options.get("poll")
    if poll is not None:
        found.extend(_poll(poll, content, _limits(FormatKey.POLL, account)))
    return found


def flag(value: Any) -> bool:
    """An option that is on or off, given as a boolean or as its word."""
    return value is True or value == "true"


def _limits(key: FormatKey, account: Account) -> dict[str, Limit]:
    return {limit.rule: limit for limit in CAPABILITIES.limits(key, account.limits)}


def _options(content: Content) -> Iterator[Problem]:
    spoiler = content.options.get("spoiler_text")
    if spoiler is not None and not isinstance(spoiler, str):
        yield _wrong("spoiler_text", "The content warning is not a text.", "Give a text.", spoiler)
    sensitive = content.options.get("sensitive")
    if sensitive is not None and sensitive not in _FLAGS:
        yield _wrong("sensitive", "The option “sensitive” is on or off.", "Give true or false.", sensitive)


def _poll(poll: Any, content: Content, limits: Mapping[str, Limit]) -> Iterator[Problem]:
    if not isinstance(poll, Mapping) or not _POLL_KEYS.issuperset(poll):
        yield _wrong("poll", "The poll is not of the known form.", f"Give only {', '.join(sorted(_POLL_KEYS))}.", None)
        return
    if content.parts and content.parts[0].media:
        yield _wrong("poll", "A post with a poll cannot have files.", "Remove the files or the poll.", None)
    answers = poll.get("options")
    if not isinstance(answers, list | tuple) or not all(isinstance(text, str) and text.strip() for text in answers):
        yield _wrong("poll", "The poll's options are not a list of texts.", "Give two or more texts.", None)
    else:
        if len({text.strip() for text in answers}) < len(answers):
            yield _wrong("poll", "Two options of the poll are the same.", "Change one of them.", None)
        yield from _within(("options",), limits["poll.options"], len(answers), "The poll has {} options")
        for index, text in enumerate(answers):
            most = limits["poll.option_length"]
            yield from _within(("options", str(index)), most, graphemes(text), "The option has {} characters")
    seconds = poll.get("expires_in")
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        yield _wrong("poll", "The poll does not say for how long it is open.", "Give `expires_in` in seconds.", seconds)
    else:
        for rule in ("poll.min_expiration", "poll.max_expiration"):
            yield from _within(("expires_in",), limits[rule], seconds, "The poll is open for {} seconds")
    for name in ("multiple", "hide_totals"):
        if poll.get(name, False) not in _FLAGS:
            yield _wrong("poll", f"“{name}” is on or off.", "Give true or false.", poll[name])


def _within(where: tuple[str, ...], limit: Limit, measured: int, sentence: str) -> Iterator[Problem]:
    path = ("options", "poll", *where)
    # A server's own figure for the shortest time arrives in `max` of a rule that declares a minimum only.
    least = limit.min if limit.rule != "poll.min_expiration" or limit.max is None else limit.max
    most = None if limit.rule == "poll.min_expiration" else limit.max
    said = sentence.format(f"{measured:,}")
    if least is not None and measured < least:
        yield Problem(
            path, limit.rule, f"{said}; at least {least:,} are needed.", "Give more.", str(measured), str(least)
        )
    if most is not None and measured > most:
        yield Problem(
            path, limit.rule, f"{said}; at most {most:,} are allowed.", "Give less.", str(measured), str(most)
        )


def _wrong(option: str, message: str, fix: str, value: Any) -> Problem:
    return Problem(("options", option), f"{option}.form", message, fix, None if value is None else str(value)[:80])
