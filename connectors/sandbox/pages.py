"""The pages of a simulated platform: what a reader would see, newest first, replies below what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.ledger import Post
from connectors.sandbox.templating import page, static_routes
from connectors.sandbox.world import World

SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/", "audio/")
LONGEST_PAGE = 200  # threads
UPLOADS = "mastodon.media"
"""Table of uploads whose files may be read before they are posted."""


@dataclass(slots=True)
class Thread:
    """A post with its replies."""

    post: Post
    name: str
    replies: list[Thread] = field(default_factory=list)


def ledger_routes(
    world: World, platform: str, title: str, *permalinks: str, shows: Sequence[str] = ()
) -> list[BaseRoute]:
    """The page of all posts at `/`, the page of one post at `permalinks`, and the files that they show.

    `shows` are the names in the ledger, where one server plays several platforms.
    """

    def posts_shown() -> list[Post]:
        return [post for name in shows or (platform,) for post in world.ledger.posts(platform=name)]

    def render(posts: list[Post]) -> Response:
        names = {row["handle"]: str(row["name"]) for _, row in world.tables.rows(f"{platform}.accounts")}
        deleted = sum(post.deleted_at is not None for post in posts)
        threads = _threads(posts, names)[:LONGEST_PAGE]
        return page("ledger.html", {"title": title, "threads": threads, "total": len(posts), "deleted": deleted})

    async def everything(_request: Request) -> Response:
        return render(posts_shown())

    async def one(request: Request) -> Response:
        found = [post for post in posts_shown() if urlsplit(post.effect.url or "").path == request.url.path]
        return render(found) if found else PlainTextResponse("There is no such post.", 404)

    async def media(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        content = world.blobs.get(sha256)
        mime = _mime(world, sha256)
        if content is None or mime is None:
            return PlainTextResponse("There is no such file.", 404)
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
        if not mime.startswith(SHOWN_INLINE):
            headers["content-disposition"] = "attachment"
        return Response(content, media_type=mime, headers=headers)

    return [
        Route("/", everything),
        *(Route(path, one) for path in permalinks),
        Route("/_ledger/media/{sha256}", media),
        *static_routes(),
    ]


def _mime(world: World, sha256: str) -> str | None:
    """The type of a stored file, as it was posted or uploaded."""
    for post in world.ledger.posts():
        for item in (*post.effect.media, *([post.effect.picture] if post.effect.picture else [])):
            if item.sha256 == sha256:
                return item.mime
    uploads = (row for _, row in world.tables.rows(UPLOADS))
    return next((str(row["mime"]) for row in uploads if row["sha256"] == sha256), None)


def _threads(posts: list[Post], names: Mapping[str, str]) -> list[Thread]:
    """Top posts newest first; a reply stands below its parent, in the order of publication."""
    by_id = {post.effect.id: Thread(post, names.get(post.effect.account, post.effect.account)) for post in posts}
    tops: list[Thread] = []
    for thread in by_id.values():
        parent = by_id.get(thread.post.effect.reply_to or "")
        (parent.replies if parent is not None and parent is not thread else tops).append(thread)
    return tops[::-1]
