"""The little of the AppView that a publisher reads: public counts of posts and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connectors.sandbox.bluesky.accounts import Account, Accounts
from connectors.sandbox.bluesky.errors import XrpcError
from connectors.sandbox.bluesky.repository import POSTS, Repository, StoredRecord
from connectors.sandbox.bluesky.xrpc import answer, query
from connectors.sandbox.world import World

COUNTS = "bluesky.counts"
"""Table of counts that were set by the control API, by the post's address or the account's DID."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Handlers of `app.bsky.feed.getPosts` and `app.bsky.actor.getProfile`. No login is needed."""

    world: World
    accounts: Accounts
    repository: Repository

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            query("app.bsky.feed.getPosts", self.get_posts),
            query("app.bsky.actor.getProfile", self.get_profile),
        ]

    async def get_posts(self, _request: Request, params: dict[str, Any]) -> Response:
        """Posts with their counts; an address that is unknown is left out."""
        found = [(uri, self.repository.find(uri)) for uri in params["uris"]]
        return answer({"posts": [self._view(uri, record) for uri, record in found if record is not None]})

    async def get_profile(self, _request: Request, params: dict[str, Any]) -> Response:
        """A profile with its counts."""
        account = self.accounts.find(params["actor"])
        if account is None:
            raise XrpcError("InvalidRequest", "Profile not found")
        counts = self.world.tables.get(COUNTS, account.did) or {}
        posts = len(self.repository.list(account.did, POSTS))
        return answer({**_profile(account), "followersCount": 0, "followsCount": 0, **counts, "postsCount": posts})

    def _view(self, uri: str, record: StoredRecord) -> dict[str, Any]:
        account = self.accounts.by_did(uri.removeprefix("at://").partition("/")[0])
        replies = sum(
            (other.value.get("reply") or {}).get("parent", {}).get("uri") == uri
            for other in self.repository.all_posts()
        )
        counts = {"likeCount": 0, "repostCount": 0, "quoteCount": 0, "bookmarkCount": 0, "replyCount": replies}
        return {
            "uri": record.uri,
            "cid": record.cid,
            "author": _profile(account) if account else {},
            "record": record.value,
            "indexedAt": record.indexed_at,
            **counts,
            **(self.world.tables.get(COUNTS, uri) or {}),
        }


def _profile(account: Account) -> dict[str, Any]:
    return {"did": account.did, "handle": account.handle, "displayName": account.name}
