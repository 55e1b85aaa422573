"""The ledger of effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sandbox.ledger import Action, Effect, Ledger, ShownMedia

PUBLISHED = Effect(
    action=Action.PUBLISHED,
    platform="bluesky",
    account="alice.test",
    id="at://did:plc:x/app.bsky.feed.post/1",
    at="2026-01-01T00:00:00+00:00",
    key="1",
    text="hello",
    media=(ShownMedia("ab" * 32, "image/png", 3, "alt"),),
    languages=("en",),
    native={"value": {"text": "hello"}},
)
DELETED = replace(PUBLISHED, action=Action.DELETED, at="2026-01-02T00:00:00+00:00")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.jsonl")
    yield opened
    opened.close()


def test_a_post_is_there_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write([PUBLISHED])
    again = Ledger(tmp_path / "ledger.jsonl")
    assert [post.effect for post in again.posts()] == [PUBLISHED]
    again.close()


def test_an_edit_replaces_the_content_and_is_counted(ledger: Ledger) -> None:
    ledger.write([PUBLISHED])
    ledger.write([replace(PUBLISHED, action=Action.EDITED, text="other")])
    (post,) = ledger.posts()
    assert (post.effect.text, post.edits, post.times_published) == ("other", 1, 1)


def test_a_deleted_post_stays_in_the_list_marked(ledger: Ledger) -> None:
    ledger.write([PUBLISHED])
    ledger.write([DELETED])
    (post,) = ledger.posts()
    assert (post.deleted_at, post.effect.text) == ("2026-01-02T00:00:00+00:00", "hello")


def test_publishing_again_after_a_deletion_is_counted(ledger: Ledger) -> None:
    ledger.write([PUBLISHED])
    ledger.write([DELETED])
    ledger.write([PUBLISHED])
    (post,) = ledger.posts()
    assert (post.deleted_at, post.times_published) == (None, 2)


def test_posts_are_found_by_platform_account_and_key(ledger: Ledger) -> None:
    other = replace(PUBLISHED, platform="mastodon", id="2", account="bob", key="k")
    ledger.write([PUBLISHED, other])
    assert [post.effect.id for post in ledger.posts(platform="mastodon")] == ["2"]
    assert [post.effect.id for post in ledger.posts(account="alice.test")] == [PUBLISHED.id]
    assert [post.effect.id for post in ledger.posts(key="k")] == ["2"]


def test_a_follower_gets_what_was_and_what_comes(ledger: Ledger) -> None:
    ledger.write([PUBLISHED])
    seen: list[Effect] = []
    ledger.follow(seen.append)
    ledger.write([DELETED])
    assert seen == [PUBLISHED, DELETED]


def test_lines_are_numbered_from_one(ledger: Ledger) -> None:
    ledger.write([PUBLISHED, DELETED])
    assert [(line["seq"], line["action"]) for line in ledger.effects()] == [(1, "published"), (2, "deleted")]
