from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

from connectors.capabilities import (
    ApiVersion,
    Capabilities,
    Format,
    FormatKey,
    Limit,
    MediaKind,
    Option,
    ReconcileClass,
    Unit,
)
from connectors.contract import Account, Content, Link, Media, Part, Problem, Severity
from connectors.preflight import check, format_of, plain_counts

TEXT = (Limit("text.length", Unit.GRAPHEMES, max=5, min=2),)
PLACE = Capabilities(
    key="place",
    name="Place",
    docs="",
    connect=(),
    formats=(
        Format(FormatKey.TEXT, TEXT),
        Format(
            FormatKey.IMAGE,
            (
                Limit("media.count", Unit.COUNT, max=2),
                Limit("image.bytes", Unit.BYTES, max=100),
                Limit("image.pixels", Unit.PIXELS, max=50),
                Limit("alt.length", Unit.CHARACTERS, max=3),
            ),
            ("image/png",),
        ),
        Format(
            FormatKey.VIDEO,
            (Limit("video.count", Unit.COUNT, max=1), Limit("video.duration", Unit.SECONDS, max=10)),
            ("video/mp4",),
        ),
    ),
    scopes=(),
    reconcile=ReconcileClass.HUMAN,
    api_version=ApiVersion("1", ""),
    options=(Option("mode", "How.", ("a", "b")), Option("note", "Free.")),
)
ACCOUNT = Account("1", "me", "Me", "https://place.example")


async def nothing() -> AsyncIterator[bytes]:
    yield b""


def image(size: int = 10, alt: str = "ok", mime: str = "image/png", side: int = 5) -> Media:
    return Media("i", MediaKind.IMAGE, mime, size, nothing, alt=alt, width=side, height=side)


def film(seconds: int = 5) -> Media:
    return Media("v", MediaKind.VIDEO, "video/mp4", 10, nothing, duration=timedelta(seconds=seconds))


def problems(*parts: Part, account: Account = ACCOUNT, **more: object) -> list[Problem]:
    return check(Content(parts, **more), PLACE, account)  # type: ignore[arg-type]


def rules(*parts: Part, **more: object) -> list[tuple[str, str]]:
    return [("/".join(item.path), item.rule) for item in problems(*parts, **more)]  # type: ignore[arg-type]


def test_a_problem_says_what_was_measured_what_is_allowed_and_what_to_do() -> None:
    assert problems(Part("abcdef")) == [
        Problem(
            ("parts", "0", "text"),
            "text.length",
            "The text has 6 characters; at most 5 are allowed.",
            "Shorten the text.",
            "6",
            "5",
        )
    ]


def test_too_little_is_a_problem_too() -> None:
    assert rules(Part("a")) == [("parts/0/text", "text.length")]


def test_what_fits_has_no_problems() -> None:
    assert problems(Part("abcde")) == []
    assert problems(Part("", (image(), image()))) == []
    assert problems(Part("", (film(),)), options={"mode": "a", "note": "anything"}) == []


def test_the_account_has_the_last_word_on_figures() -> None:
    wide = Account("1", "me", "Me", "https://place.example", limits={"text.length": 6})
    assert problems(Part("abcdef"), account=wide) == []


def test_a_platform_counts_in_its_own_way() -> None:
    def half(text: str) -> Mapping[Unit, int]:
        return {Unit.GRAPHEMES: len(text) // 2}

    assert check(Content((Part("abcdefghij"),)), PLACE, ACCOUNT, half) == []


def test_nothing_at_all() -> None:
    assert rules() == [("parts", "content.empty")]
    assert rules(Part(" \n")) == [("parts/0/text", "content.empty")]


def test_kinds_of_posts_that_the_platform_lacks() -> None:
    assert rules(Part("abc", link=Link("https://e.com"))) == [("parts/0", "format.unsupported")]
    assert rules(Part("abc"), Part("def")) == [("parts", "thread.unsupported")]


def test_files() -> None:
    assert rules(Part("", (image(), image(), image()))) == [("parts/0/media", "media.count")]
    assert rules(Part("", (image(size=101),))) == [("parts/0/media/0", "image.bytes")]
    assert rules(Part("", (image(side=8),))) == [("parts/0/media/0", "image.pixels")]
    assert rules(Part("", (image(mime="image/gif"),))) == [("parts/0/media/0", "media.type")]
    assert rules(Part("", (image(alt="long"),))) == [("parts/0/media/0/alt", "alt.length")]
    assert rules(Part("", (film(11),))) == [("parts/0/media/0", "video.duration")]
    assert rules(Part("", (film(), film()))) == [("parts/0/media", "video.count")]


def test_an_image_without_description_is_a_warning() -> None:
    assert [(item.rule, item.severity) for item in problems(Part("", (image(alt=" "),)))] == [
        ("alt.missing", Severity.WARNING)
    ]


def test_kinds_do_not_mix() -> None:
    assert ("parts/0/media", "media.mixed") in rules(Part("", (image(), film())))


def test_options_are_those_declared() -> None:
    assert rules(Part("abc"), options={"mode": "c", "colour": "red"}) == [
        ("options/mode", "option.choice"),
        ("options/colour", "option.unknown"),
    ]


def test_what_kind_of_post_a_part_is() -> None:
    assert format_of(Part("a")) is FormatKey.TEXT
    assert format_of(Part("a", link=Link("https://e.com"))) is FormatKey.LINK
    assert format_of(Part("a", (image(),), Link("https://e.com"))) is FormatKey.IMAGE
    assert format_of(Part("a", (image(), film()))) is FormatKey.VIDEO


def test_counting_as_readers_do() -> None:
    assert plain_counts("e\u0301👩‍👧") == {Unit.GRAPHEMES: 2, Unit.CHARACTERS: 5, Unit.BYTES: 14}
