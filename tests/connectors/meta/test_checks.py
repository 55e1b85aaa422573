"""What Facebook and Instagram would refuse, found before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.capabilities import MediaKind
from connectors.contract import Account, Content, Link, Media, Part, Severity
from connectors.facebook.checks import problems as facebook
from connectors.instagram.checks import problems as instagram
from connectors.instagram.options import collaborators_in
from connectors.meta.likeness import same_text

ACCOUNT = Account("1", "corner", "Corner", "https://www.facebook.com")


def image(width: int = 1080, height: int = 1080, mime: str = "image/jpeg", size: int = 1000) -> Media:
    return Media("i", MediaKind.IMAGE, mime, size, lambda: iter(()), "A view", width, height)  # type: ignore[arg-type,return-value]


def video(seconds: int = 10, mime: str = "video/mp4") -> Media:
    length = timedelta(seconds=seconds)
    return Media("v", MediaKind.VIDEO, mime, 1000, lambda: iter(()), duration=length)  # type: ignore[arg-type,return-value]


def errors(check: Any, *parts: Part, first: int = 0, **options: Any) -> list[str]:
    found = check(Content(parts, options=options, first=first), ACCOUNT)
    return [item.rule for item in found if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("part", "options", "rules"),
    [
        (Part("Text"), {}, []),
        (Part("x" * 63_207), {}, ["text.length"]),
        (Part("", (image(),) * 10), {}, []),
        (Part("", (image(),) * 11), {}, ["media.count"]),
        (Part("", (image(), video())), {}, ["media.mixed", "media.type"]),
        (Part("", (video(14_401),)), {}, ["video.duration"]),
        (Part("", (video(90),)), {"format": "reel"}, []),
        (Part("", (video(91),)), {"format": "reel"}, ["video.duration"]),
        (Part("", (video(2),)), {"format": "reel"}, ["video.duration"]),
        (Part("", (image(),)), {"format": "reel"}, ["media.type"]),
        (Part("Text"), {"format": "reel"}, ["media.count"]),
        (Part("", (video(61),)), {"format": "story"}, ["video.duration"]),
        (Part("", (image(),)), {"format": "story"}, []),
        (Part("Text"), {"format": "story"}, ["media.count"]),
        (Part("Text"), {"format": "banner"}, ["option.choice"]),
        (Part("Text"), {"title": 5}, ["title.form"]),
        (Part("Text"), {"place": "1234"}, []),
        (Part("Text"), {"place": "Berlin"}, ["place.form"]),
        (Part("", (video(),)), {"cover": image()}, []),
        (Part("", (video(),)), {"cover": video()}, ["option.image"]),
        (Part("", (video(),)), {"cover": "c.jpg"}, ["option.image"]),
        (Part("Text"), {"colour": "red"}, ["option.unknown"]),
    ],
)
def test_facebook(part: Part, options: dict[str, Any], rules: list[str]) -> None:
    assert errors(facebook, part, **options) == rules


@pytest.mark.parametrize(
    ("part", "options", "rules"),
    [
        (Part("A view", (image(),)), {}, []),
        (Part("Text"), {}, ["format.unsupported", "media.count"]),
        (Part("", link=Link("https://example.com")), {}, ["format.unsupported", "media.count"]),
        (Part("", (image(mime="image/png"),)), {}, ["media.type"]),
        (Part("", (image(1080, 1351),)), {}, []),
        (Part("", (image(1080, 1400),)), {}, ["image.ratio"]),
        (Part("", (image(1910, 1000),)), {}, []),
        (Part("", (image(2000, 1000),)), {}, ["image.ratio"]),
        (Part("", (image(1080, 1920),)), {"format": "story"}, []),
        (Part("", (image(), video())), {}, []),
        (Part("", (image(), image(1080, 1920))), {}, []),
        (Part("", (image(),) * 11), {}, ["media.count"]),
        (Part("", (image(), video(61))), {}, ["video.duration"]),
        (Part("", (video(900),)), {}, []),
        (Part("", (video(901),)), {}, ["video.duration"]),
        (Part("", (image(),)), {"format": "reel"}, ["media.type"]),
        (Part("", (video(61),)), {"format": "story"}, ["video.duration"]),
        (Part("#a " * 30, (image(),)), {}, []),
        (Part("#a " * 31, (image(),)), {}, ["text.hashtags"]),
        (Part("@a " * 21, (image(),)), {}, ["text.mentions"]),
        (Part("", (image(),)), {"collaborators": "a,b,c"}, []),
        (Part("", (image(),)), {"collaborators": "a,b,c,d"}, ["collaborators.count"]),
        (Part("", (image(),)), {"location_id": "Berlin"}, ["location_id.form"]),
        (Part("", (video(),)), {"thumb_offset": "soon"}, ["thumb_offset.form"]),
        (Part("", (video(),)), {"cover_url": "http://example.com/c.jpg"}, ["cover_url.form"]),
        (Part("", (video(),)), {"share_to_feed": "perhaps"}, ["option.choice"]),
        (Part("", (video(),)), {"cover": image(), "audio_name": "Loaf", "trial": "SS_PERFORMANCE"}, []),
        (Part("", (video(),)), {"thumb_offset": 0}, []),
        (Part("", (video(),)), {"thumb_offset": -1}, ["thumb_offset.form"]),
        (Part("", (video(),)), {"audio_name": " "}, ["audio_name.form"]),
        (Part("", (video(),)), {"trial": "SOON"}, ["option.choice"]),
        (Part("", (video(),)), {"cover": image(), "cover_url": "https://example.com/c.jpg"}, ["cover_url.form"]),
    ],
)
def test_instagram(part: Part, options: dict[str, Any], rules: list[str]) -> None:
    assert errors(instagram, part, **options) == rules


TAG: dict[str, Any] = {"username": "anna"}
PLACED = {**TAG, "x": 0.5, "y": 1}


@pytest.mark.parametrize(
    ("media", "options", "tags", "wrong"),
    [
        ((image(),), {}, [PLACED], []),
        ((image(),), {}, [TAG], [0]),
        ((image(),), {}, [{**PLACED, "x": 1.01}], [0]),
        ((image(),), {}, [{**PLACED, "y": True}], [0]),
        ((image(),), {}, [{**PLACED, "file": 1}], [0]),
        ((image(),), {}, [{**PLACED, "username": "@"}], [0]),
        ((image(),), {}, [{**PLACED, "username": "anna b"}], [0]),
        ((image(),), {}, [{**PLACED, "colour": "red"}], [0]),
        ((image(),), {}, [PLACED, {**PLACED, "username": "@Anna"}], [1]),
        ((image(), video()), {}, [PLACED, {**TAG, "file": 1}], []),
        ((image(), video()), {}, [{**PLACED, "file": 1}], [0]),
        ((video(),), {}, [TAG], []),
        ((video(),), {}, [PLACED], [0]),
        ((image(),), {"format": "story"}, [TAG], []),
        ((image(),), {"format": "story"}, [PLACED], [0]),
    ],
)
def test_people_are_tagged_at_a_place_of_an_image_in_the_feed(
    media: tuple[Media, ...], options: dict[str, Any], tags: list[Any], wrong: list[int]
) -> None:
    found = instagram(Content((Part("", media),), options={**options, "user_tags": tags}), ACCOUNT)
    refused = [(item.rule, item.path) for item in found if item.severity is Severity.ERROR]
    assert refused == [("user_tags.form", ("options", "user_tags", str(number))) for number in wrong]


def test_tags_are_a_list() -> None:
    assert errors(instagram, Part("", (image(),)), user_tags="anna") == ["user_tags.form"]


@pytest.mark.parametrize(
    ("check", "part", "options"),
    [
        (facebook, Part("Text"), {"cover": image()}),
        (facebook, Part("", (video(),)), {"format": "reel", "cover": image()}),
        (facebook, Part("", (video(),)), {"place": "12"}),
        (instagram, Part("", (image(),)), {"trial": "MANUAL"}),
        (instagram, Part("", (image(),)), {"cover": image()}),
        (instagram, Part("", (image(),)), {"format": "story", "location_id": "12"}),
    ],
)
def test_an_option_for_other_kinds_of_posts_is_a_warning(check: Any, part: Part, options: dict[str, Any]) -> None:
    found = check(Content((part,), options=options), ACCOUNT)
    (name,) = (name for name in options if name != "format")
    assert [(item.rule, item.path, item.severity) for item in found if item.rule.startswith("option")] == [
        ("option.unused", ("options", name), Severity.WARNING)
    ]


def test_a_moment_beside_a_cover_is_a_warning() -> None:
    found = instagram(Content((Part("", (video(),)),), options={"cover": image(), "thumb_offset": 5}), ACCOUNT)
    assert [(item.rule, item.severity) for item in found] == [("thumb_offset.unused", Severity.WARNING)]


def test_later_parts_are_comments_also_when_they_are_checked_alone() -> None:
    assert errors(instagram, Part("", (image(),)), Part("First!")) == []
    assert errors(instagram, Part("First!"), first=1) == []
    assert errors(facebook, Part("x" * 8_001), first=1) == ["text.length"]
    assert errors(facebook, Part("", (image(), image())), first=1) == ["media.count"]


def test_a_comment_on_instagram_has_no_files() -> None:
    assert errors(instagram, Part("First!", (image(),)), first=1) == ["comment.media"]


def test_what_is_left_out_of_a_story_is_a_warning() -> None:
    for check in (facebook, instagram):
        found = check(Content((Part("Words", (image(),)),), options={"format": "story"}), ACCOUNT)
        assert [(item.rule, item.severity) for item in found] == [("story.text", Severity.WARNING)]


@pytest.mark.parametrize(
    ("given", "names"),
    [("@anna, ben", ["anna", "ben"]), ("anna anna;ben", ["anna", "ben"]), ("@", []), (None, []), ("", [])],
)
def test_collaborators_are_read_as_people_write_them(given: str | None, names: list[str]) -> None:
    assert collaborators_in({"collaborators": given}) == names


@given(st.text(), st.text(alphabet=" \n\t\u200b", max_size=5))
def test_white_space_around_a_text_changes_nothing(text: str, space: str) -> None:
    assert same_text(text, f"{space}{text}{space}")


@given(st.text(min_size=1).filter(lambda text: text.split()))
def test_other_words_are_another_text(text: str) -> None:
    assert not same_text(text, f"{text} more")


def test_a_story_on_instagram_takes_no_comment() -> None:
    assert errors(instagram, Part("", (image(),)), Part("First!"), format="story") == ["story.comment"]
    assert errors(instagram, Part("", (image(),)), Part("First!")) == []


@pytest.mark.parametrize("options", [{"collaborators": "anna"}, {"location_id": "1234"}])
def test_what_a_story_on_instagram_leaves_out_is_said(options: dict[str, str]) -> None:
    content = Content((Part("", (image(),)),), options={"format": "story", **options})
    (found,) = instagram(content, ACCOUNT)
    assert (found.path, found.rule) == (("options", next(iter(options))), "option.unused")
