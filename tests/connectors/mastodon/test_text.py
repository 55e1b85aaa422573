"""Text as Mastodon counts it: links at a fixed length, mentions without their server, graphemes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Link, Part
from connectors.mastodon.text import graphemes, length, plain_text, posted_text, same_text, url_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("plain", 5),
        ("👩‍👩‍👧‍👦 é", 3),
        ("https://example.com", 23),
        ("https://example.com/" + "long/" * 50, 23),
        ("see https://example.com.", 4 + 23 + 1),
        ("(https://example.com/x)", 25),
        ("https://en.example.org/wiki/A_(b) end", 27),
        ("https://example.com/x(y", 25),
        ("https://example.com?a=1&b=2!", 24),
        ("https://пример.рф/путь", 23),
        ("https://example.com:8443/x", 23),
        ("two https://a.example.com https://b.example.com", 4 + 23 + 1 + 23),
        ("http://localhost/x", 18),
        ("https://printer.local/status", 28),
        ("example.com/without/scheme", 26),
        ("ahttps://example.com", 20),
        ("@anna", 5),
        ("@anna@mastodon.social", 5),
        ("@anna@mastodon.social, @bo@b.example!", 5 + 2 + 3 + 1),
        ("mail anna@example.com", 21),
        ("@a@b@c", 6),
        ("https://mastodon.social/@anna@example.org", 23),
    ],
)
def test_length(text: str, expected: int) -> None:
    assert length(text) == expected


def test_the_content_warning_counts_as_it_stands() -> None:
    assert length("text", spoiler="@anna@mastodon.social") == 4 + 21


def test_a_server_can_reserve_another_length_for_links() -> None:
    assert length("https://example.com", url_length=40) == 40


@given(st.text())
def test_without_links_and_mentions_the_length_is_that_of_the_text(text: str) -> None:
    plain = text.replace("@", "").replace("\uff20", "").replace("://", "")
    assert length(plain) == graphemes(plain)


@given(st.text(alphabet="ab@./:()?ht ps#-_", max_size=60))
def test_spans_are_ordered_and_inside_the_text(text: str) -> None:
    at = 0
    for start, end in url_spans(text):
        assert at <= start < end <= len(text)
        at = end


@given(st.lists(st.sampled_from(["word", "https://example.com/a", "@anna@example.org", "(", ")", "."]), max_size=12))
def test_every_link_counts_the_same_wherever_it_stands(words: list[str]) -> None:
    weights = {"https://example.com/a": 23, "@anna@example.org": 5}
    expected = sum(weights.get(word, len(word)) for word in words) + max(0, len(words) - 1)
    assert length(" ".join(words)) == expected


def test_a_link_that_the_text_has_is_not_added_again() -> None:
    assert posted_text(Part("Read https://example.com/a", link=Link("https://example.com/a"))) == (
        "Read https://example.com/a"
    )
    assert posted_text(Part("Read this", link=Link("https://example.com/a"))) == "Read this\n\nhttps://example.com/a"
    assert posted_text(Part(link=Link("https://example.com/a"))) == "https://example.com/a"


def test_the_text_of_a_post_is_read_from_its_html() -> None:
    mention = '<span class="h-card"><a href="https://b.example/@bo" class="u-url mention">@<span>bo</span></a></span>'
    shortened = '<span class="invisible">https://</span><span class="ellipsis">example.com/lo</span>'
    html = f'<p>Hi {mention} &amp; all<br/><a href="https://example.com/long">{shortened}</a></p><p>End</p>'
    assert same_text(plain_text(html), "Hi @bo@b.example & all\nhttps://example.com/long\n\nEnd")
    assert not same_text(plain_text(html), "Hi @bo@b.example & all")
