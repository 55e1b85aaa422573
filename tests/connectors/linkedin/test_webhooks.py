"""What LinkedIn's deliveries say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.linkedin.webhooks import parse
from connectors.notices import Change, CommentNoticed, Mentioned, Unreadable, Unrecognised

COMMENT = "urn:li:comment:(urn:li:activity:8,7)"
ITEM: dict[str, Any] = {
    "notificationId": 123,
    "organizationalEntity": "urn:li:organization:1",
    "action": "COMMENT",
    "sourcePost": "urn:li:share:9",
    "generatedActivity": COMMENT,
    "decoratedGeneratedActivity": {"comment": {"entity": COMMENT, "owner": "urn:li:person:x", "text": "hi"}},
    "lastModifiedAt": 1_700_000_000_500,
}


def parsed(*items: dict[str, Any]) -> Any:
    body = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": items}
    return parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("action", "change"),
    [("COMMENT", "added"), ("ADMIN_COMMENT", "added"), ("COMMENT_EDIT", "changed"), ("COMMENT_DELETE", "removed")],
)
def test_a_comment(action: str, change: str) -> None:
    assert parsed({**ITEM, "action": action}) == [
        CommentNoticed(
            key="123",
            at=datetime.fromtimestamp(1_700_000_000.5, UTC),
            platform="linkedin",
            account_id="urn:li:organization:1",
            change=Change(change),
            comment_id=COMMENT,
            post_id="urn:li:share:9",
            author_id="urn:li:person:x",
            text="hi",
        )
    ]


def test_a_mention_in_a_share() -> None:
    share = {"share": {"owner": "urn:li:person:y", "text": "see them"}}
    item = {**ITEM, "action": "SHARE_MENTION", "generatedActivity": "urn:li:share:10"}
    (found,) = parsed({**item, "decoratedGeneratedActivity": share})
    assert isinstance(found, Mentioned)
    assert (found.post_id, found.author_id, found.text) == ("urn:li:share:10", "urn:li:person:y", "see them")


@pytest.mark.parametrize("action", ["LIKE", "SHARE", "SOMETHING_NEW"])
def test_what_is_not_known_is_kept(action: str) -> None:
    (found,) = parsed({**ITEM, "action": action})
    assert isinstance(found, Unrecognised)
    assert (found.what, found.account_id) == (action.lower(), "urn:li:organization:1")


def test_several_notifications_keep_their_order() -> None:
    assert [one.key for one in parsed(ITEM, {**ITEM, "notificationId": 124})] == ["123", "124"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"type":"OTHER","notifications":[]}'])
def test_what_linkedin_does_not_send_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)
