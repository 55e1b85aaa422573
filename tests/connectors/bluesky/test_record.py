from __future__ import annotations

from typing import Any

import pytest

from connectors.bluesky import record
from connectors.contract import Link, Part, PublishedRef
from connectors.faults import FaultKind, PlatformFault
from tests.connectors.bluesky.samples import DID, file, task, video

BLOB: dict[str, Any] = {"$type": "blob", "ref": {"$link": "bafkabc"}, "mimeType": "image/png", "size": 75}
ROOT = PublishedRef("at://did/app.bsky.feed.post/root", extra={"cid": "bafyroot"})
PARENT = PublishedRef("at://did/app.bsky.feed.post/parent", extra={"cid": "bafyparent"})


def test_a_text_with_languages_and_a_tag() -> None:
    assert record.post(task(Part("Hi #there"), languages=("en", "de")), {}, {}) == {
        "$type": "app.bsky.feed.post",
        "text": "Hi #there",
        "createdAt": "2026-11-20T20:53:57.123Z",
        "langs": ["en", "de"],
        "facets": [
            {
                "index": {"byteStart": 3, "byteEnd": 9},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "there"}],
            }
        ],
    }


def test_nothing_is_stated_that_is_not_there() -> None:
    assert record.post(task(Part("Hi")), {}, {}) == {
        "$type": "app.bsky.feed.post",
        "text": "Hi",
        "createdAt": "2026-11-20T20:53:57.123Z",
    }


def test_images_carry_description_and_shape() -> None:
    part = Part("", (file("a"), file("b", alt="", width=None)))
    assert record.post(task(part), {"a": BLOB, "b": BLOB}, {})["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [
            {"alt": "A red square", "image": BLOB, "aspectRatio": {"width": 4, "height": 3}},
            {"alt": "", "image": BLOB},
        ],
    }


def test_a_video() -> None:
    assert record.post(task(Part("", (video(),))), {"v1": BLOB}, {})["embed"] == {
        "$type": "app.bsky.embed.video",
        "video": BLOB,
        "alt": "A red square",
        "aspectRatio": {"width": 4, "height": 3},
    }


def test_a_link_card_with_a_picture() -> None:
    link = Link("https://example.com", "Title", "Words", file("t"))
    assert record.post(task(Part("", link=link)), {"t": BLOB}, {})["embed"] == {
        "$type": "app.bsky.embed.external",
        "external": {"uri": "https://example.com", "title": "Title", "description": "Words", "thumb": BLOB},
    }


def test_a_bare_link_card_is_titled_by_its_address() -> None:
    embed = record.post(task(Part("", link=Link("https://example.com"))), {}, {})["embed"]
    assert embed["external"] == {"uri": "https://example.com", "title": "https://example.com", "description": ""}


def test_a_reply_names_root_and_parent() -> None:
    made = record.post(task(Part("Two"), position=1, root=ROOT, parent=PARENT), {}, {})
    assert made["reply"] == {
        "root": {"uri": ROOT.id, "cid": "bafyroot"},
        "parent": {"uri": PARENT.id, "cid": "bafyparent"},
    }


def test_a_reply_to_something_without_cid_is_refused() -> None:
    with pytest.raises(PlatformFault) as refused:
        record.post(task(Part("Two"), parent=PublishedRef("at://x/y/z")), {}, {})
    assert refused.value.fault.kind is FaultKind.INVALID_CONTENT


def test_a_file_that_was_not_uploaded_is_refused() -> None:
    with pytest.raises(PlatformFault) as refused:
        record.post(task(Part("", (file("a"),))), {}, {})
    assert refused.value.fault.kind is FaultKind.INVALID_MEDIA


@pytest.mark.parametrize(
    ("choice", "allow"),
    [
        ("followers", [{"$type": "app.bsky.feed.threadgate#followerRule"}]),
        ("following", [{"$type": "app.bsky.feed.threadgate#followingRule"}]),
        ("mentioned", [{"$type": "app.bsky.feed.threadgate#mentionRule"}]),
        ("nobody", []),
    ],
)
def test_a_gate_names_its_post_and_who_may_reply(choice: str, allow: list[dict[str, str]]) -> None:
    gated = task(Part("Hi"), options={"reply": choice})
    here = record.address(DID, gated)
    assert record.gate(DID, gated) == {
        "$type": "app.bsky.feed.threadgate",
        "post": str(here),
        "allow": allow,
        "createdAt": "2026-11-20T20:53:57.123Z",
    }
    assert str(record.gate_of(here)) == f"at://{DID}/app.bsky.feed.threadgate/{here.key}"


@pytest.mark.parametrize("options", [{}, {"reply": "everybody"}])
def test_no_gate_where_everybody_may_reply(options: dict[str, str]) -> None:
    assert record.gate(DID, task(Part("Hi"), options=options)) is None


def test_the_parts_after_the_first_have_no_gate_of_their_own() -> None:
    assert record.gate(DID, task(Part("Two"), root=ROOT, parent=PARENT, options={"reply": "nobody"})) is None
