"""What is refused before it is sent: the server's own limits, files, polls and options."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.capabilities import MediaKind
from connectors.contract import Account, Content, Link, Media, Part, Severity
from connectors.mastodon.checks import problems
from tests.connectors.harness import picture

ACCOUNT = Account("https://m.example/api/v1/accounts/1", "@anna@m.example", "Anna", "https://m.example")
POLL = {"options": ["Tea", "Coffee"], "expires_in": 3600, "multiple": False, "hide_totals": True}


def broken(content: Content, account: Account = ACCOUNT) -> list[tuple[tuple[str, ...], str]]:
    return [(item.path, item.rule) for item in problems(content, account) if item.severity is Severity.ERROR]


def text(words: str, **options: Any) -> Content:
    return Content((Part(words),), options=options)


def video(name: str = "v") -> Media:
    return replace(picture(name), kind=MediaKind.VIDEO, mime="video/mp4", filename="clip.mp4")


def test_a_text_within_the_limit_has_no_problem() -> None:
    assert broken(text("x" * 500)) == []


def test_a_text_over_the_limit_says_how_long_it_is() -> None:
    found = problems(text("x" * 501), ACCOUNT)
    assert [(item.rule, item.measured, item.limit) for item in found] == [("text.length", "501", "500")]


def test_the_content_warning_counts_with_every_part() -> None:
    content = Content((Part("x" * 490), Part("y" * 500)), options={"spoiler_text": "z" * 10})
    assert broken(content) == [(("parts", "1", "text"), "text.length")]


def test_a_link_counts_as_the_server_counts_it() -> None:
    long = "https://example.com/" + "x" * 600
    assert broken(text(long)) == []
    assert broken(Content((Part("x" * 475, link=Link(long)),))) == []
    assert broken(Content((Part("x" * 476, link=Link(long)),))) == [(("parts", "0", "text"), "text.length")]


def test_the_servers_own_figures_hold() -> None:
    own = replace(ACCOUNT, limits={"text.length": 30, "text.url_length": 31})
    assert broken(text("x" * 30), own) == []
    assert broken(text("https://example.com"), own) == [(("parts", "0", "text"), "text.length")]


def test_four_images_or_one_video() -> None:
    images = tuple(picture(str(number)) for number in range(5))
    assert broken(Content((Part("four", images[:4]),))) == []
    assert broken(Content((Part("five", images),))) == [(("parts", "0", "media"), "media.count")]
    assert broken(Content((Part("one", (video(),)),))) == []
    assert broken(Content((Part("two", (video("a"), video("b"))),))) == [(("parts", "0", "media"), "video.count")]
    sounds = tuple(replace(video(name), kind=MediaKind.AUDIO, mime="audio/ogg") for name in "ab")
    assert broken(Content((Part("two", sounds),))) == [(("parts", "0", "media"), "audio.count")]
    assert broken(Content((Part("both", (picture(), video())),)))[0] == (("parts", "0", "media"), "media.mixed")


def test_a_file_keeps_to_bytes_pixels_type_and_description() -> None:
    own = replace(ACCOUNT, limits={"image.bytes": 10, "image.pixels": 63, "alt.length": 3})
    content = Content((Part("", (replace(picture(), mime="image/tiff"),)),))
    rules = {rule for _, rule in broken(content, own)}
    assert rules == {"image.bytes", "image.pixels", "alt.length", "media.type"}


def test_a_poll_within_the_limits_has_no_problem() -> None:
    assert broken(text("Which?", poll=POLL)) == []


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"options": ["One"]}, ("options", "poll", "options"), "poll.options"),
        ({"options": ["1", "2", "3", "4", "5"]}, ("options", "poll", "options"), "poll.options"),
        ({"options": ["Tea", "x" * 51]}, ("options", "poll", "options", "1"), "poll.option_length"),
        ({"options": ["Tea", "Tea "]}, ("options", "poll"), "poll.form"),
        ({"options": ["Tea", " "]}, ("options", "poll"), "poll.form"),
        ({"options": "Tea"}, ("options", "poll"), "poll.form"),
        ({"expires_in": 299}, ("options", "poll", "expires_in"), "poll.min_expiration"),
        ({"expires_in": 2_629_747}, ("options", "poll", "expires_in"), "poll.max_expiration"),
        ({"expires_in": "1h"}, ("options", "poll"), "poll.form"),
        ({"multiple": "yes"}, ("options", "poll"), "poll.form"),
        ({"colour": "red"}, ("options", "poll"), "poll.form"),
    ],
)
def test_a_poll_that_the_server_would_refuse(change: dict[str, Any], path: tuple[str, ...], rule: str) -> None:
    assert broken(text("Which?", poll={**POLL, **change})) == [(path, rule)]


def test_the_servers_own_figures_hold_for_polls() -> None:
    own = replace(ACCOUNT, limits={"poll.min_expiration": 7200, "poll.options": 6})
    assert broken(text("Which?", poll=POLL), own) == [(("options", "poll", "expires_in"), "poll.min_expiration")]
    assert broken(text("Which?", poll={**POLL, "options": list("abcdef"), "expires_in": 7200}), own) == []


def test_a_poll_and_files_exclude_each_other() -> None:
    content = Content((Part("Which?", (picture(),)),), options={"poll": POLL})
    assert broken(content) == [(("options", "poll"), "poll.form")]


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"visibility": "friends"}, "option.choice"),
        ({"sensitive": "maybe"}, "sensitive.form"),
        ({"spoiler_text": 7}, "spoiler_text.form"),
        ({"scheduled_at": "2030-01-01"}, "option.unknown"),
    ],
)
def test_an_option_that_is_not_known(options: dict[str, Any], rule: str) -> None:
    assert [found for _, found in broken(text("Hi", **options))] == [rule]


def test_options_that_are_known() -> None:
    assert broken(text("Hi", visibility="direct", sensitive=True, spoiler_text="Birds")) == []
    assert broken(text("Hi", sensitive="false")) == []
