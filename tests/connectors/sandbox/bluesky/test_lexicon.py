"""The lexicon validator."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.bluesky.cid import cid_of_bytes
from connectors.sandbox.bluesky.lexicon import LEXICONS, LexiconError, check_input, check_record, lexicon, read_params

POST = "app.bsky.feed.post"
GOOD = {"$type": POST, "text": "hello", "createdAt": "2026-11-20T20:53:57.000Z"}


def picture(mime: str = "image/png", size: int = 10) -> dict[str, Any]:
    blob = {"$type": "blob", "ref": {"$link": cid_of_bytes(b"x")}, "mimeType": mime, "size": size}
    return {"alt": "", "image": blob}


def images(*items: dict[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": list(items)}


def test_every_lexicon_can_be_read() -> None:
    names = [".".join(path.relative_to(LEXICONS).with_suffix("").parts) for path in LEXICONS.rglob("*.json")]
    assert len(names) == 32
    assert all(lexicon(name) for name in names)


@pytest.mark.parametrize(
    "more",
    [
        {"text": "\U0001f3f3\ufe0f\u200d\U0001f308" * 214},  # 214 graphemes of 14 bytes
        {"langs": ["en", "pt-BR"]},
        {"embed": images(picture())},
        {"embed": {"$type": "com.example.unknown"}},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": 9999}, "features": []}]},
    ],
)
def test_what_the_real_server_takes_is_taken(more: dict[str, Any]) -> None:
    assert check_record(POST, GOOD | more) is True


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"text": "x" * 301}, "grapheme too big (maximum 300, got 301) at $.record.text"),
        (
            {"text": "\U0001f3f3\ufe0f\u200d\U0001f308" * 215},
            "string too big (maximum 3000, got 3010) at $.record.text",
        ),
        ({"text": 5}, "Expected string value type (got int) at $.record.text"),
        ({"createdAt": "now"}, "Invalid datetime (got 'now') at $.record.createdAt"),
        ({"langs": ["a", "b", "c", "d"]}, "array too big (maximum 3, got 4) at $.record.langs"),
        ({"embed": images(*[picture()] * 5)}, "array too big (maximum 4, got 5) at $.record.embed.images"),
        (
            {"embed": images(picture(mime="text/plain"))},
            'Expected "image/*" (got "text/plain") at $.record.embed.images[0].image.mimeType',
        ),
        (
            {"embed": images(picture(size=2_000_001))},
            "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image",
        ),
        ({"embed": images({"image": picture()["image"]})}, 'Missing required key "alt" at $.record.embed.images[0]'),
        ({"embed": {"images": []}}, 'Missing required key "$type" at $.record.embed'),
        ({"reply": {"root": {}}}, 'Missing required key "parent" at $.record.reply'),
        (
            {"facets": [{"index": {"byteStart": -1, "byteEnd": 2}, "features": []}]},
            "integer too small (minimum 0, got -1) at $.record.facets[0].index.byteStart",
        ),
    ],
)
def test_what_breaks_the_lexicon_is_refused_in_the_servers_words(more: dict[str, Any], words: str) -> None:
    with pytest.raises(LexiconError) as caught:
        check_record(POST, GOOD | more)
    assert str(caught.value) == words


def test_a_missing_key_is_named() -> None:
    with pytest.raises(LexiconError) as caught:
        check_record(POST, {"$type": POST, "text": ""})
    assert str(caught.value) == 'Missing required key "createdAt" at $.record'


def test_an_unknown_collection_is_not_checked() -> None:
    assert check_record("com.example.thing", {"anything": 1.5}) is False


def test_a_closed_union_refuses_other_types() -> None:
    body = {"repo": "alice.test", "writes": [{"$type": "com.atproto.repo.applyWrites#rename"}]}
    with pytest.raises(LexiconError, match=r"Expected one of #create, #update, #delete"):
        check_input("com.atproto.repo.applyWrites", body)


def test_parameters_get_their_types_and_defaults() -> None:
    given = {"repo": ["alice.test"], "collection": [POST], "reverse": ["true"]}
    params = read_params("com.atproto.repo.listRecords", given)
    assert params == {"repo": "alice.test", "collection": POST, "limit": 50, "reverse": True}


def test_a_parameter_out_of_range_is_refused() -> None:
    given = {"repo": ["alice.test"], "collection": [POST], "limit": ["101"]}
    with pytest.raises(LexiconError, match=r"integer too big \(maximum 100, got 101\) at \$.params.limit"):
        read_params("com.atproto.repo.listRecords", given)
