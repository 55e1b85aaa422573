from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.bluesky.text import FacetKind, facets, mentioned, spans

PIECES = st.sampled_from(
    ["@alice.test", "https://example.com/ä?q=1", "#münchen", "👩‍👩‍👧", "é", " ", "\n", "(", ")", ".", "wörter", "日本"]
)


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind.value, span.value) for span in spans(text)]


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_byte_ranges_cut_out_what_was_found(text: str) -> None:
    raw = text.encode()
    dids = dict.fromkeys(mentioned(text), "did:plc:someone")
    made = facets(text, dids)
    assert len(made) == len(spans(text))
    end = 0
    for facet, span in zip(made, spans(text), strict=True):
        index = facet["index"]
        piece = raw[index["byteStart"] : index["byteEnd"]].decode()
        assert piece == text[span.start : span.end]
        assert index["byteStart"] >= end
        end = index["byteEnd"]
        match span.kind:
            case FacetKind.LINK:
                assert piece == span.value
            case FacetKind.MENTION:
                assert piece.lower() == f"@{span.value}"
            case FacetKind.TAG:
                assert piece[1:] == span.value


def test_offsets_count_bytes_and_not_characters() -> None:
    assert facets("héllo https://example.com", {}) == [
        {
            "index": {"byteStart": 7, "byteEnd": 26},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com"}],
        }
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://example.com.", "https://example.com"),
        ("see https://example.com/a_(b).", "https://example.com/a_(b)"),
        ("(https://example.com/a)", "https://example.com/a"),
        ("https://example.com/?q=1,2!", "https://example.com/?q=1,2"),
        ("HTTP://EXAMPLE.com/x", "HTTP://EXAMPLE.com/x"),
        ("https://example.com/#part", "https://example.com/#part"),
    ],
)
def test_a_link_ends_where_the_sentence_takes_over(text: str, address: str) -> None:
    assert found(text) == [("link", address)]


@pytest.mark.parametrize("text", ["https://", "https://.", "xhttps://example.com", "ftp://example.com", "example.com"])
def test_what_is_no_link(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("hi @Alice.Test!", ("alice.test",)),
        ("(@alice.test)", ("alice.test",)),
        ("@alice.test.", ("alice.test",)),
        ("@alice.test @alice.test @bob.example.org", ("alice.test", "bob.example.org")),
        ("mail bob@example.org", ()),
        ("@alice", ()),
        ("@alice.te_st", ()),
        ("@-alice.test", ()),
    ],
)
def test_mentions_are_handles_after_an_at_sign(text: str, handles: tuple[str, ...]) -> None:
    assert mentioned(text) == handles


def test_a_handle_of_nobody_stays_plain_text() -> None:
    assert facets("hi @alice.test and @ghost.test", {"alice.test": "did:plc:a", "ghost.test": None}) == [
        {
            "index": {"byteStart": 3, "byteEnd": 14},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:a"}],
        }
    ]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#one #two2", ["one", "two2"]),
        ("#end.", ["end"]),
        ("\uff03全角", ["全角"]),
        ("#it's", ["it's"]),
        ("a#b", []),
        ("#1 #2026", []),
        ("#!? #", []),
        ("#\ufe0f\u20e3", []),
        ("#" + "a" * 64, ["a" * 64]),
        ("#" + "a" * 65, []),
    ],
)
def test_tags(text: str, tags: list[str]) -> None:
    assert found(text) == [("tag", tag) for tag in tags]
