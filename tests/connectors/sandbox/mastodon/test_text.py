"""Counting and rendering text."""

from __future__ import annotations

import pytest

from connectors.sandbox.mastodon.text import length, tags, to_html


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("hello", 5),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", 1),
        ("https://example.com/a/very/long/path?with=a&query=1", 23),
        ("see https://example.com.", 4 + 23 + 1),
        ("(https://example.com)", 1 + 23 + 1),
        ("@bob@social.example hi", 4 + 3),
        ("mail bob@social.example", 23),
        ("#tag", 4),
    ],
)
def test_length_is_what_readers_see(text: str, count: int) -> None:
    assert length(text) == count


def test_text_becomes_paragraphs_with_links_and_nothing_else() -> None:
    shown = to_html("a <b>\nb\n\nhttps://example.com/?a=1&b=2 #Tag", "http://i")
    assert shown == (
        "<p>a &lt;b&gt;<br />b</p>"
        '<p><a href="https://example.com/?a=1&amp;b=2" target="_blank" rel="nofollow noopener noreferrer">'
        'example.com/?a=1&amp;b=2</a> <a href="http://i/tags/tag" class="mention hashtag" rel="tag">'
        "#<span>Tag</span></a></p>"
    )


def test_tags_are_found_once_and_not_in_numbers_or_addresses() -> None:
    assert tags("#One #one #2 #a2 https://example.com/#no") == ["one", "a2"]
