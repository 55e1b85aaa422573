from __future__ import annotations

from typing import Any

from app.demo.script import SCENES
from app.demo.verdict import complaints, texts


def whole() -> list[dict[str, Any]]:
    """The ledger of a story in which everything went well."""
    return [
        {"platform": platform, "text": text, "deleted_at": None}
        for scene in SCENES
        if not scene.cancel
        for platform in scene.targets
        for text in texts(scene)
    ]


def test_each_post_once_is_no_complaint() -> None:
    assert complaints(whole()) == []


def test_a_post_that_is_there_twice_is_found() -> None:
    ledger = whole()

    found = complaints([*ledger, ledger[0]])

    assert found == [
        "bluesky holds 'Good morning from #POSTD. Read more at https://exa' 2 times instead of 1.",
        f"The platforms hold {len(ledger) + 1} posts instead of {len(ledger)}.",
    ]


def test_a_post_that_is_lost_is_found() -> None:
    ledger = whole()

    found = complaints(ledger[1:])

    assert found[0] == "bluesky holds 'Good morning from #POSTD. Read more at https://exa' 0 times instead of 1."


def test_a_cancelled_post_that_went_out_is_found() -> None:
    cancelled = next(scene for scene in SCENES if scene.cancel)
    ledger = [*whole(), {"platform": "bluesky", "text": cancelled.content["text"], "deleted_at": None}]

    assert complaints(ledger)[0] == "bluesky holds 'Nobody will ever read this.' 1 times instead of 0."


def test_a_deleted_post_does_not_count() -> None:
    ledger = whole()

    assert complaints([*ledger, {**ledger[0], "deleted_at": "2026-01-01T00:00:00Z"}]) == []
