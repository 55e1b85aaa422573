"""What Meta's deliveries say, and whose signed requests are opened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from connectors.meta.signed_requests import open_signed_request, parse_deauthorize, parse_deletion
from connectors.meta.webhooks import MOST_UPDATES, parse
from connectors.notices import (
    AccountDeauthorized,
    Change,
    CommentNoticed,
    DeletionRequested,
    Mentioned,
    PostSeen,
    StoryMeasured,
    Unreadable,
    Unrecognised,
)
from connectors.secret import Secret

TIME = 1_700_000_000
AT = datetime.fromtimestamp(TIME, UTC)


def delivery(about: str, name: str, value: dict[str, Any], account: str = "1234") -> bytes:
    change = {"field": name, "value": value}
    return json.dumps({"object": about, "entry": [{"id": account, "time": TIME, "changes": [change]}]}).encode()


def only(body: bytes) -> Any:
    (notice,) = parse(body)
    return notice


COMMENT = {
    "item": "comment",
    "verb": "add",
    "post_id": "1234_99",
    "comment_id": "99_7",
    "parent_id": "1234_99",
    "from": {"id": "55", "name": "Ann"},
    "message": "hi ä",
    "created_time": TIME + 1,
}


def test_a_comment_on_a_page() -> None:
    found = only(delivery("page", "feed", COMMENT))
    assert found == CommentNoticed(
        key=found.key,
        at=datetime.fromtimestamp(TIME + 1, UTC),
        platform="facebook",
        account_id="1234",
        change=Change.ADDED,
        comment_id="99_7",
        post_id="1234_99",
        parent_id=None,
        author_id="55",
        author="Ann",
        text="hi ä",
    )


@pytest.mark.parametrize(
    ("verb", "change"),
    [("add", "added"), ("edit", "changed"), ("edited", "changed"), ("remove", "removed"), ("delete", "removed")],
)
def test_what_happened_to_a_comment(verb: str, change: str) -> None:
    assert only(delivery("page", "feed", {**COMMENT, "verb": verb})).change == Change(change)


@pytest.mark.parametrize("verb", ["add", "edited", "remove"])
def test_a_page_s_own_comment_is_no_news(verb: str) -> None:
    assert parse(delivery("page", "feed", {**COMMENT, "verb": verb, "from": {"id": "1234", "name": "Page"}})) == []


def test_an_instagram_account_s_own_comment_is_no_news() -> None:
    own = {"id": "1799", "from": {"id": "1784", "username": "us"}, "media": {"id": "1790"}, "text": "first"}
    assert parse(delivery("instagram", "comments", own, "1784")) == []


def test_an_answer_names_the_comment_that_it_answers() -> None:
    assert only(delivery("page", "feed", {**COMMENT, "parent_id": "99_1"})).parent_id == "99_1"


@pytest.mark.parametrize(
    "value",
    [
        {**COMMENT, "verb": "hide"},
        {**COMMENT, "item": "reaction"},  # a reaction on a comment names the comment too
        {**COMMENT, "item": "something new"},
        {"item": "comment", "verb": "add"},
        {},
    ],
)
def test_what_is_not_known_is_kept(value: dict[str, Any]) -> None:
    found = only(delivery("page", "feed", value))
    assert isinstance(found, Unrecognised)
    assert (found.what, found.platform, found.account_id) == ("page.feed", "facebook", "1234")


@pytest.mark.parametrize("item", ["status", "post", "photo", "video", "share"])
def test_a_post_of_the_page_is_seen(item: str) -> None:
    value = {"item": item, "verb": "add", "post_id": "1234_5", "from": {"id": "1234"}, "message": "out"}
    found = only(delivery("page", "feed", value))
    assert found == PostSeen(key=found.key, at=AT, platform="facebook", account_id="1234", post_id="1234_5", text="out")


@pytest.mark.parametrize("changed", [{"from": {"id": "visitor"}}, {"verb": "remove"}, {"post_id": None}])
def test_a_visitors_post_or_a_removed_one_is_not_seen_as_ours(changed: dict[str, Any]) -> None:
    value = {"item": "post", "verb": "add", "post_id": "1234_5", "from": {"id": "1234"}, **changed}
    assert isinstance(only(delivery("page", "feed", value)), Unrecognised)


def test_a_mention_of_a_page() -> None:
    value = {"post_id": "9_1", "from": {"id": "9", "name": "Bo"}, "message": "look @us"}
    found = only(delivery("page", "mention", value))
    assert found == Mentioned(
        key=found.key,
        at=AT,
        platform="facebook",
        account_id="1234",
        post_id="9_1",
        author_id="9",
        author="Bo",
        text="look @us",
    )


@pytest.mark.parametrize(("parent", "kept"), [("1790", None), ("1800", "1800"), (None, None)])
def test_a_comment_on_instagram(parent: str | None, kept: str | None) -> None:
    value = {
        "id": "1799",
        "from": {"id": "232", "username": "ann"},
        "media": {"id": "1790", "media_product_type": "FEED"},
        "parent_id": parent,
        "text": "nice",
    }
    found = only(delivery("instagram", "comments", value, "1784"))
    assert found == CommentNoticed(
        key=found.key,
        at=AT,
        platform="instagram",
        account_id="1784",
        change=Change.ADDED,
        comment_id="1799",
        post_id="1790",
        parent_id=kept,
        author_id="232",
        author="ann",
        text="nice",
    )


def test_a_mention_on_instagram_has_ids_only() -> None:
    found = only(delivery("instagram", "mentions", {"media_id": "1791", "comment_id": "1788"}, "1784"))
    assert found == Mentioned(
        key=found.key, at=AT, platform="instagram", account_id="1784", post_id="1791", comment_id="1788"
    )


def test_figures_of_a_story() -> None:
    value = {"media_id": "17", "reach": 44, "replies": 0, "exits": "3", "kept": True}
    found = only(delivery("instagram", "story_insights", value, "1784"))
    assert found == StoryMeasured(
        key=found.key,
        at=AT,
        platform="instagram",
        account_id="1784",
        post_id="17",
        figures={"reach": 44, "replies": 0},
    )


def test_messages_and_foreign_objects_are_kept() -> None:
    body = {"object": "instagram", "entry": [{"id": "1784", "time": TIME, "messaging": [{"message": {"mid": "m"}}]}]}
    assert only(json.dumps(body).encode()).what == "instagram.messaging"
    found = only(delivery("permissions", "x", {}))
    assert (found.what, found.platform) == ("permissions.x", "")


def test_the_same_update_in_another_batch_is_the_same_notice() -> None:
    alone = only(delivery("page", "feed", COMMENT))
    change = {"field": "feed", "value": dict(reversed(COMMENT.items()))}
    other = {"field": "feed", "value": {**COMMENT, "comment_id": "99_8"}}
    batch = {"object": "page", "entry": [{"id": "1234", "time": TIME, "changes": [other, change]}]}
    first, second = parse(json.dumps(batch).encode())
    assert second.key == alone.key != first.key


def test_the_same_update_that_is_sent_again_later_is_the_same_notice() -> None:
    change = {"field": "feed", "value": COMMENT}
    keys = {
        only(json.dumps({"object": "page", "entry": [{"id": "1234", "time": time, "changes": [change]}]}).encode()).key
        for time in (TIME, TIME + 3600)
    }
    assert len(keys) == 1


def test_updates_that_name_nothing_are_told_apart_by_their_time() -> None:
    change = {"field": "x", "value": {"amount": 1}}
    keys = {
        only(json.dumps({"object": "page", "entry": [{"id": "1234", "time": time, "changes": [change]}]}).encode()).key
        for time in (TIME, TIME + 3600)
    }
    assert len(keys) == 2


def test_more_updates_than_meta_sends_are_refused() -> None:
    change = {"field": "x", "value": {}}
    body = {"object": "page", "entry": [{"id": "1", "changes": [change] * (MOST_UPDATES + 1)}]}
    with pytest.raises(Unreadable, match="more than"):
        parse(json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"object":"page"}', b'{"object":"page","entry":1}', b"\xff"])
def test_what_meta_does_not_send_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


SECRET = Secret("app-secret-for-tests")
PAYLOAD = b'{"algorithm":"HMAC-SHA256","issued_at":1291836800,"user_id":"218471"}'
# Meta's documented payload, signed with openssl.
PUBLISHED = (
    "WGuLsGIKBpnY5sa8vfoDatcRVw7RFBz3v0IqYDO-V-0."
    "eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"
)


def test_a_signed_request_is_opened() -> None:
    assert open_signed_request(f"signed_request={PUBLISHED}".encode(), [SECRET]) == PAYLOAD
    assert open_signed_request(f"signed_request={PUBLISHED}".encode(), [Secret("new"), SECRET]) == PAYLOAD


def test_no_changed_character_of_a_signed_request_opens_it() -> None:
    for at in range(len(PUBLISHED)):
        for code in range(33, 127):
            changed = PUBLISHED[:at] + chr(code) + PUBLISHED[at + 1 :]
            if changed != PUBLISHED:
                assert open_signed_request(f"signed_request={quote(changed)}".encode(), [SECRET]) is None


@pytest.mark.parametrize("body", [b"", b"signed_request=", b"signed_request=.", b"other=1", b"\xff\xfe", b"a=1&" * 50])
def test_other_forms_are_not_opened(body: bytes) -> None:
    assert open_signed_request(body, [SECRET]) is None


def test_another_secret_opens_nothing() -> None:
    assert open_signed_request(f"signed_request={PUBLISHED}".encode(), [Secret("other")]) is None
    assert open_signed_request(f"signed_request={PUBLISHED}".encode(), []) is None


def test_who_has_taken_the_grant_back_or_asks_for_deletion() -> None:
    at = datetime.fromtimestamp(1_291_836_800, UTC)
    (ended,), (asked,) = parse_deauthorize(PAYLOAD), parse_deletion(PAYLOAD)
    assert ended == AccountDeauthorized(key=ended.key, at=at, owner_id="218471")
    assert asked == DeletionRequested(key=asked.key, at=at, owner_id="218471")


@pytest.mark.parametrize("payload", [b"{}", b'{"user_id":""}', b'{"algorithm":"none","user_id":"1"}', b"x"])
def test_a_signed_request_that_names_nobody_is_unreadable(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_deauthorize(payload)
