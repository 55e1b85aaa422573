"""Public figures of posts and of the account (`getPosts`, `getProfile`), asked through the account's own server.

The server hands the question on to Bluesky's index. A server of its own network without such an index cannot answer;
that is a fault and not a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.bluesky import xrpc
from connectors.bluesky.metric_table import GIVEN
from connectors.contract import Access, Context, Metrics, PublishedRef
from connectors.metric_names import counted

BATCH: Final = 25
"""How many posts one request may name."""


async def metrics(cx: Context, access: Access, refs: Sequence[PublishedRef]) -> list[Metrics]:
    """The figures of the posts that are still there, keyed by `PublishedRef.id`."""
    found: list[Metrics] = []
    for start in range(0, len(refs), BATCH):
        uris = [ref.id for ref in refs[start : start + BATCH]]
        answer = await xrpc.query(cx, access, "app.bsky.feed.getPosts", {"uris": uris})
        posts = xrpc.body(answer).get("posts")
        shown = [post for post in (posts if isinstance(posts, list) else []) if isinstance(post, dict)]
        told = (post for post in shown if post.get("uri") in uris)
        found += [Metrics(post["uri"], counted(post, GIVEN.posts), cx.now()) for post in told]
    return found


async def account_metrics(cx: Context, access: Access) -> Metrics:
    """The figures of the account, keyed by its DID."""
    actor = access.account.external_id
    profile = xrpc.body(await xrpc.query(cx, access, "app.bsky.actor.getProfile", {"actor": actor}))
    return Metrics(actor, counted(profile, GIVEN.account), cx.now())
