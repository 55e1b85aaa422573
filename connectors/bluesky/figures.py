"""Public figures of posts and of the account (`getPosts`, `getProfile`), asked through the account's own server.

The server hands the question on to Bluesky's index. A server of its own network without such an index cannot answer;
that is a fault and not a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.bluesky import xrpc
from connectors.contract import Access, Context, Metrics, PublishedRef

BATCH: Final = 25
"""How many posts one request may name."""

_FIGURES: Final = {
    "likes": "likeCount",
    "reposts": "repostCount",
    "replies": "replyCount",
    "quotes": "quoteCount",
    "bookmarks": "bookmarkCount",
}
_OF_ACCOUNTS: Final = {"followers": "followersCount", "following": "followsCount", "posts": "postsCount"}


async def metrics(cx: Context, access: Access, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """The figures of the posts that are still there, keyed by `PublishedRef.id`."""
    found: list[Metrics] = []
    for start in range(0, len(refs), BATCH):
        uris = [ref.id for ref in refs[start : start + BATCH]]
        answer = await xrpc.query(cx, access, "app.bsky.feed.getPosts", {"uris": uris})
        posts = xrpc.body(answer).get("posts")
        for post in posts if isinstance(posts, list) else []:
            if isinstance(post, dict) and post.get("uri") in uris:
                values = {name: post[key] for name, key in _FIGURES.items() if isinstance(post.get(key), int)}
                found.append(Metrics(post["uri"], values, cx.now()))
    return found


async def account_metrics(cx: Context, access: Access) -> Metrics:
    """The figures of the account, keyed by its DID."""
    actor = access.account.external_id
    profile = xrpc.body(await xrpc.query(cx, access, "app.bsky.actor.getProfile", {"actor": actor}))
    values = {name: profile[key] for name, key in _OF_ACCOUNTS.items() if isinstance(profile.get(key), int)}
    return Metrics(actor, values, cx.now())
