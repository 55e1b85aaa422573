"""What is found before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Account, Content, Link, Media, Part, Severity
from connectors.linkedin.checks import problems
from tests.connectors.harness import picture
from tests.connectors.linkedin.files import document, video

MEMBER = Account("urn:li:person:a", "Lina", "Lina", "https://www.linkedin.com")
PAGE = replace(MEMBER, external_id="urn:li:organization:1", kind="page")
POLL = {"question": "Which?", "options": ["Tea", "Coffee"], "expires_in": 86_400}


def rules(*parts: Part, account: Account = MEMBER, **options: Any) -> list[tuple[str, str]]:
    found = problems(Content(parts, options=options), account)
    return [(".".join(item.path), item.rule) for item in found if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "part",
    [
        Part("Plain"),
        Part("Two", (picture("a"), picture("b"))),
        Part("A film", (video(75_000),)),
        Part("Prices", (document(),)),
        Part("", link=Link("https://example.com", "Bread", thumbnail=picture())),
    ],
)
def test_what_linkedin_takes_is_fine(part: Part) -> None:
    assert rules(part) == []


def test_escaped_signs_count_twice() -> None:
    assert rules(Part("(" * 1_500)) == []
    assert rules(Part("(" * 1_501)) == [("parts.0.text", "text.length")]


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        (tuple(picture(f"m{number}") for number in range(21)), "media.count"),
        ((video(74_999),), "video.bytes"),
        ((replace(video(75_000), duration=timedelta(seconds=2)),), "video.duration"),
        ((replace(video(75_000), duration=timedelta(minutes=31)),), "video.duration"),
        ((replace(video(75_000), mime="video/webm"),), "media.type"),
        ((replace(picture(), mime="image/webp"),), "media.type"),
        ((replace(picture(), width=6_013, height=6_013),), "image.pixels"),
        ((replace(document(), size=100_000_001),), "document.bytes"),
        ((replace(document(), pages=301),), "document.pages"),
        ((replace(document(), mime="text/plain"),), "media.type"),
        ((document("a"), document("b")), "media.count"),
        ((picture(), video(75_000)), "media.mixed"),
    ],
)
def test_files_that_linkedin_refuses(files: tuple[Media, ...], rule: str) -> None:
    assert rule in {found for _, found in rules(Part("Look", files))}


def test_a_card_takes_no_files_and_a_web_address() -> None:
    card = Link("https://example.com", "Bread")
    assert rules(Part("Look", (picture(),), card)) == [("parts.0.link", "link.with_media")]
    for url in ("ftp://example.com", "example.com", "http://["):
        assert rules(Part("Look", link=Link(url, "Bread"))) == [("parts.0.link.url", "link.url")]
    webp = replace(picture(), mime="image/webp")
    wrong = Part("Look", link=replace(card, thumbnail=webp))
    assert rules(wrong) == [("parts.0.link.thumbnail", "media.type")]


def test_a_card_without_a_title_is_a_warning() -> None:
    (found,) = problems(Content((Part("Look", link=Link("https://example.com")),)), MEMBER)
    assert (found.rule, found.severity) == ("link.title", Severity.WARNING)


def test_only_members_have_connections() -> None:
    assert rules(Part("Hi"), visibility="CONNECTIONS") == []
    assert rules(Part("Hi"), account=PAGE, visibility="CONNECTIONS") == [("options.visibility", "option.choice")]
    assert rules(Part("Hi"), visibility="FRIENDS") == [("options.visibility", "option.choice")]


def test_comments_are_short_and_text_only() -> None:
    assert rules(Part("One"), Part("x" * 1_250)) == []
    assert rules(Part("One"), Part("x" * 1_251)) == [("parts.1.text", "comment.length")]
    assert rules(Part("One"), Part("Two", (picture(),))) == [("parts.1", "comment.text_only")]


@pytest.mark.parametrize("files", [(), (picture(),)])
def test_a_title_of_nothing_that_has_one_is_a_warning(files: tuple[Media, ...]) -> None:
    found = problems(Content((Part("Hi", files),), options={"title": "Prices"}), MEMBER)
    assert [(item.rule, item.severity) for item in found] == [("option.unused", Severity.WARNING)]


def test_a_document_has_up_to_300_pages() -> None:
    assert rules(Part("Prices", (replace(document(), pages=300),))) == []


def test_a_title_is_a_text() -> None:
    assert rules(Part("Hi"), title=" ") == [("options.title", "title.form")]


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"question": "x" * 141}, "question", "poll.question"),
        ({"question": 7}, "question", "poll.form"),
        ({"options": ["Tea"]}, "options", "poll.options"),
        ({"options": list("abcde")}, "options", "poll.options"),
        ({"options": ["Tea", "x" * 31]}, "options.1", "poll.option_length"),
        ({"options": ["Tea", "Tea "]}, "options", "poll.form"),
        ({"options": ["Tea", " "]}, "options", "poll.form"),
        ({"options": "Tea"}, "options", "poll.form"),
        ({"expires_in": 3_600}, "expires_in", "poll.form"),
        ({"expires_in": True}, "expires_in", "poll.form"),
    ],
)
def test_polls_that_linkedin_refuses(changes: dict[str, Any], path: str, rule: str) -> None:
    assert rules(Part("Hi"), poll={**POLL, **changes}) == [(f"options.poll.{path}", rule)]


def test_a_poll_is_alone_and_of_the_known_form() -> None:
    assert rules(Part("Hi"), poll=POLL) == []
    assert rules(Part("Hi", (picture(),)), poll=POLL) == [("options.poll", "poll.form")]
    unknown: tuple[Any, ...] = ({**POLL, "multiple": True}, "Tea or coffee", [])
    for wrong in unknown:
        assert rules(Part("Hi"), poll=wrong) == [("options.poll", "poll.form")]
    without = {name: value for name, value in POLL.items() if name != "question"}
    assert rules(Part("x" * 140), poll=without) == []
    assert rules(Part("x" * 141), poll=without) == [("options.poll.question", "poll.question")]


def test_a_mention_in_a_comment_is_said_to_stay_as_written() -> None:
    found = problems(Content((Part("One"), Part("See @[Acme](urn:li:organization:1)"))), MEMBER)
    assert [(item.path, item.rule, item.severity) for item in found] == [
        (("parts", "1", "text"), "comment.mention", Severity.WARNING)
    ]
