"""LinkedIn's polls, given as the option `poll`: `question`, `options` and `expires_in`, checked and made ready to send.

Without a question the post's text is the question. Source:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/poll-post-api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.capabilities import FormatKey
from connectors.contract import Content, Problem
from connectors.linkedin.capabilities import CAPABILITIES

DURATIONS: Final[Mapping[int, str]] = {
    86_400: "ONE_DAY",
    259_200: "THREE_DAYS",
    604_800: "SEVEN_DAYS",
    1_209_600: "FOURTEEN_DAYS",
}
"""How long a poll is open: seconds, and LinkedIn's word."""

_KEYS: Final = frozenset({"question", "options", "expires_in"})
_LIMITS: Final = {limit.rule: limit for limit in CAPABILITIES.limits(FormatKey.POLL)}


def poll_body(poll: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The poll as the API takes it; `text` is the post's."""
    return {
        "question": str(poll.get("question") or text),
        "options": [{"text": str(answer)} for answer in poll["options"]],
        "settings": {"duration": DURATIONS[poll["expires_in"]]},
    }


def problems(poll: Any, content: Content) -> Iterator[Problem]:
    """What LinkedIn would refuse of the option `poll`."""
    if not isinstance(poll, Mapping) or not _KEYS.issuperset(poll):
        yield _wrong((), "The poll is not of the known form.", f"Give only {', '.join(sorted(_KEYS))}.")
        return
    first = content.parts[0] if content.parts else None
    if first is not None and (first.media or first.link):
        yield _wrong((), "A post with a poll has no files and no card.", "Remove them, or the poll.")
    question = poll.get("question") or (first.text if first else "")
    if not isinstance(question, str) or not question.strip():
        yield _wrong(("question",), "The poll asks nothing.", "Give a question, or a text.")
    else:
        yield from _within(("question",), "poll.question", len(question), "The question has {} characters")
    yield from _answers(poll.get("options"))
    seconds = poll.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds not in DURATIONS:
        known = ", ".join(f"{one:,}".replace(",", "") for one in DURATIONS)
        yield _wrong(("expires_in",), "A poll is open for 1, 3, 7 or 14 days.", f"Give one of: {known} (seconds).")


def _answers(answers: Any) -> Iterator[Problem]:
    if not isinstance(answers, list | tuple) or not all(isinstance(text, str) and text.strip() for text in answers):
        yield _wrong(("options",), "The poll's options are not a list of texts.", "Give two to four texts.")
        return
    if len({text.strip() for text in answers}) < len(answers):
        yield _wrong(("options",), "Two options of the poll are the same.", "Change one of them.")
    yield from _within(("options",), "poll.options", len(answers), "The poll has {} options")
    for index, text in enumerate(answers):
        yield from _within(("options", str(index)), "poll.option_length", len(text), "The option has {} characters")


def _within(where: tuple[str, ...], rule: str, measured: int, sentence: str) -> Iterator[Problem]:
    limit, path = _LIMITS[rule], ("options", "poll", *where)
    said = sentence.format(f"{measured:,}")
    if limit.min is not None and measured < limit.min:
        words = f"{said}; at least {limit.min:,} are needed."
        yield Problem(path, rule, words, "Give more.", str(measured), str(limit.min))
    if limit.max is not None and measured > limit.max:
        words = f"{said}; at most {limit.max:,} are allowed."
        yield Problem(path, rule, words, "Give less.", str(measured), str(limit.max))


def _wrong(where: tuple[str, ...], message: str, fix: str) -> Problem:
    return Problem(("options", "poll", *where), "poll.form", message, fix)
