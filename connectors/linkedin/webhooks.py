"""Webhooks of LinkedIn: what others do with an organization's posts. Member accounts have none.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-social-action-notifications
LinkedIn tells of no deauthorization: an access that has ended is learnt by the next call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from connectors.linkedin.capabilities import APPLICATION, PAGES_APP
from connectors.notices import (
    Change,
    CommentNoticed,
    Mentioned,
    Notice,
    Unreadable,
    Unrecognised,
    digest,
    document,
    instant,
    mapping,
    word,
    words,
)
from connectors.signatures import SignatureScheme
from connectors.webhooks import Handshake, Receiver

LINKEDIN: Final = "linkedin"
EVENT: Final = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
COMMENTS: Final[Mapping[str, Change]] = {
    "COMMENT": Change.ADDED,
    "ADMIN_COMMENT": Change.ADDED,
    "COMMENT_EDIT": Change.CHANGED,
    "COMMENT_DELETE": Change.REMOVED,
}
X_LI_SIGNATURE: Final = SignatureScheme("x-li-signature", signed="hmacsha256={body}")
"""The prefix is a part of what is signed; some receivers have met it in the header as well."""


def parse(body: bytes) -> Sequence[Notice]:
    """The notices of a delivery.

    Raises:
        Unreadable: it is not what LinkedIn documents.
    """
    given = document(body)
    items = given.get("notifications")
    if given.get("type") != EVENT or not isinstance(items, list):
        raise Unreadable("The body is of no known type, or holds no notifications.")
    return [_of(mapping(item)) for item in items]


def _of(item: Mapping[str, Any]) -> Notice:
    action, made = word(item.get("action")) or "", word(item.get("generatedActivity"))
    comment = mapping(mapping(item.get("decoratedGeneratedActivity")).get("comment"))
    share = mapping(mapping(item.get("decoratedGeneratedActivity")).get("share"))
    facts: dict[str, Any] = {
        "key": word(item.get("notificationId")) or digest(item),
        "at": instant(item.get("lastModifiedAt"), per_second=1000),
        "platform": LINKEDIN,
        "account_id": word(item.get("organizationalEntity")) or "",
    }
    if action in COMMENTS and made:
        return CommentNoticed(
            **facts,
            change=COMMENTS[action],
            comment_id=made,
            post_id=word(item.get("sourcePost")),
            author_id=word(comment.get("owner")),
            text=words(comment.get("text")),
        )
    if action == "SHARE_MENTION":
        return Mentioned(
            **facts,
            post_id=made or word(item.get("sourcePost")),
            author_id=word(share.get("owner")),
            text=words(share.get("text")),
        )
    return Unrecognised(**facts, what=action.lower() or "nothing")


RECEIVER: Final = Receiver(
    key=LINKEDIN,
    app=PAGES_APP,
    platforms=(LINKEDIN,),
    handshake=Handshake.CHALLENGE_CODE,
    schemes=(X_LI_SIGNATURE, replace(X_LI_SIGNATURE, prefix="hmacsha256=")),
    parse=parse,
    stated=APPLICATION,
)
