from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.bluesky.connector import Bluesky
from connectors.capabilities import MediaKind
from connectors.contract import Content, Link, Part, Severity
from tests.connectors.bluesky.samples import ACCOUNT, file, video


def rules(*parts: Part, severity: Severity = Severity.ERROR, **more: object) -> list[tuple[str, str]]:
    problems = Bluesky().validate(Content(parts, **more), ACCOUNT)  # type: ignore[arg-type]
    return [("/".join(item.path), item.rule) for item in problems if item.severity is severity]


def test_good_content_has_no_problems() -> None:
    parts = (Part("One", (file(),)), Part("Two", (video(duration=timedelta(seconds=30)),)), Part("Three"))
    assert rules(*parts, languages=("en", "zh-Hant"), options={"reply": "nobody"}) == []


def test_graphemes_and_bytes_are_counted_apart() -> None:
    family = "👩‍👩‍👧‍👦"
    assert rules(Part(family * 100)) == []
    assert rules(Part(family * 130)) == [("parts/0/text", "text.bytes")]
    assert rules(Part("a" * 301)) == [("parts/0/text", "text.length")]


def test_files_that_do_not_fit() -> None:
    assert rules(Part("", tuple(file(str(n)) for n in range(5)))) == [("parts/0/media", "media.count")]
    assert rules(Part("", (file(size=1_000_001),))) == [("parts/0/media/0", "image.bytes")]
    assert rules(Part("", (file(mime="image/tiff"),))) == [("parts/0/media/0", "media.type")]
    assert rules(Part("", (video(mime="video/webm"),))) == [("parts/0/media/0", "media.type")]
    assert rules(Part("", (file("s", MediaKind.AUDIO, "audio/mpeg"),))) == [("parts/0/media/0", "media.type")]


def test_images_and_a_video_do_not_mix() -> None:
    assert ("parts/0/media", "media.mixed") in rules(Part("", (file(), video())))


def test_a_server_may_take_larger_videos_than_the_usual_one() -> None:
    big = Content((Part("", (video(size=60_000_000),)),))
    assert [item.rule for item in Bluesky().validate(big, ACCOUNT)] == ["video.bytes"]
    assert Bluesky().validate(big, replace(ACCOUNT, limits={"video.bytes": 100_000_000})) == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Link("https://example.com"), []),
        (Link("example.com"), [("parts/0/link/url", "link.url")]),
        (Link("https://exa mple.com"), [("parts/0/link/url", "link.url")]),
        (Link("javascript:alert(1)"), [("parts/0/link/url", "link.url")]),
        (
            Link("https://e.com", thumbnail=file(size=2_000_000, mime="image/tiff")),
            [("parts/0/link/thumbnail", "image.bytes"), ("parts/0/link/thumbnail", "media.type")],
        ),
    ],
)
def test_link_cards(link: Link, expected: list[tuple[str, str]]) -> None:
    assert rules(Part("", link=link)) == expected


def test_a_card_and_files_do_not_go_together() -> None:
    assert rules(Part("", (file(),), Link("https://example.com"))) == [("parts/0/link", "link.with_media")]


def test_languages() -> None:
    assert rules(Part("a"), languages=("en", "de", "fr", "es")) == [("languages", "languages.count")]
    assert rules(Part("a"), languages=("en_US",)) == [("languages/0", "languages.tag")]


def test_options() -> None:
    assert rules(Part("a"), options={"reply": "friends"}) == [("options/reply", "option.choice")]
    assert rules(Part("a"), options={"visibility": "public"}) == [("options/visibility", "option.unknown")]


def test_missing_and_long_descriptions_are_warnings() -> None:
    part = Part("", (file(alt=""), file(alt="a" * 2001)))
    assert rules(part) == []
    assert rules(part, severity=Severity.WARNING) == [
        ("parts/0/media/0/alt", "alt.missing"),
        ("parts/0/media/1/alt", "alt.length"),
    ]
