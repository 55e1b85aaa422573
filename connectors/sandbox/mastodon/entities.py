"""Accounts and statuses in the API's form. Source: docs.joinmastodon.org/entities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.sandbox.mastodon.accounts import Account, Accounts
from connectors.sandbox.mastodon.media import MEDIA, MediaFiles
from connectors.sandbox.mastodon.posts import Posts, StoredPoll, StoredStatus
from connectors.sandbox.mastodon.text import tags, to_html
from connectors.sandbox.world import Addresses, World

COUNTS = "mastodon.counts"
"""Table of counts that were set by the control API, by the status's or account's id."""


@dataclass(frozen=True, slots=True)
class Entities:
    """Renders for answers."""

    world: World
    accounts: Accounts
    posts: Posts
    media: MediaFiles
    address: Addresses

    def account(self, account: Account) -> dict[str, Any]:
        """A public profile."""
        base = self.address()
        last = self.posts.last(account.id)
        picture = f"{base}/avatars/original/missing.png"
        return {
            "id": account.id,
            "username": account.handle,
            "acct": account.handle,
            "display_name": account.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": _stamp(account.created_at),
            "note": "",
            "url": f"{base}/@{account.handle}",
            "uri": f"{base}/users/{account.handle}",
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": self.posts.count(account.id),
            "last_status_at": last.created_at[:10] if last else None,
            "emojis": [],
            "fields": [],
            **(self.world.tables.get(COUNTS, account.id) or {}),
        }

    def credentials(self, account: Account) -> dict[str, Any]:
        """The profile as its owner gets it."""
        source = {"privacy": "public", "sensitive": False, "language": "en", "note": "", "fields": []}
        role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False, "collection_limit": 10}
        more = {"follow_requests_count": 0, "attribution_domains": [], "quote_policy": "public", "indexable": True}
        more |= {"hide_collections": False, "discoverable": True}
        return {**self.account(account), "source": {**source, **more}, "role": role}

    def status(self, status: StoredStatus, *, with_text: bool = False) -> dict[str, Any]:
        """A status; `with_text` adds the plain text, as the answer to a deletion has it."""
        base = self.address()
        account = self.accounts.get(status.account_id)
        rows = [self.world.tables.get(MEDIA, media_id) for media_id in status.media_ids]
        parent = self.posts.get(status.in_reply_to_id or "")
        quote = {"state": "accepted", "quoted_status_id": status.quoted_status_id} if status.quoted_status_id else None
        text = {"text": status.text} if with_text else {}
        return {
            "id": status.id,
            "created_at": _stamp(status.created_at),
            "edited_at": _stamp(status.edited_at) if status.edited_at else None,
            "in_reply_to_id": status.in_reply_to_id,
            "in_reply_to_account_id": parent.account_id if parent else None,
            "sensitive": status.sensitive,
            "spoiler_text": status.spoiler_text,
            "visibility": status.visibility,
            "language": status.language,
            "uri": f"{base}/users/{status.handle}/statuses/{status.id}",
            "url": self.posts.url(status),
            "replies_count": self.posts.replies(status.id),
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "favourited": False,
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            "pinned": False,
            "content": to_html(status.text, base),
            "reblog": None,
            "quote": quote,
            "application": {"name": status.app_name, "website": None},
            "account": self.account(account) if account else None,
            "media_attachments": [self.media.show(row) for row in rows if row],
            "mentions": [],
            "tags": [{"name": tag, "url": f"{base}/tags/{tag}"} for tag in tags(status.text)],
            "emojis": [],
            "card": None,
            "poll": self._poll(status.id, status.poll) if status.poll else None,
            **text,
            **(self.world.tables.get(COUNTS, status.id) or {}),
        }

    def _poll(self, status_id: str, poll: StoredPoll) -> dict[str, Any]:
        return {
            "id": status_id,
            "expires_at": _stamp(poll.expires_at),
            "expired": datetime.fromisoformat(poll.expires_at) <= self.world.now(),
            "multiple": poll.multiple,
            "votes_count": 0,
            "voters_count": 0 if poll.multiple else None,
            "options": [{"title": option, "votes_count": 0} for option in poll.options],
            "emojis": [],
            "voted": True,
            "own_votes": [],
        }


def _stamp(moment: str) -> str:
    """A time in the API's form: UTC with milliseconds and Z."""
    return (
        datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{datetime.fromisoformat(moment).microsecond // 1000:03}Z"
    )
