"""Posts over the versioned API. A text that the account has posted already is refused, and the refusal names that post.

Source: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.accounts import Accounts
from connectors.sandbox.linkedin.contract import check
from connectors.sandbox.linkedin.errors import DAILY, LinkedInError, invalid, not_found
from connectors.sandbox.linkedin.members import paged
from connectors.sandbox.linkedin.store import Store, StoredPost
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.linkedin.uploads import MEDIA
from connectors.sandbox.world import World

POSTS_A_DAY = 100
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Posts:
    """Handlers of `/rest/posts`."""

    world: World
    accounts: Accounts
    tokens: Tokens
    store: Store

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route("/rest/posts", self.publish, methods=["POST"]),
            Route("/rest/posts", self.find, methods=["GET"]),
            Route("/rest/posts/{urn}", self.get, methods=["GET"]),
            Route("/rest/posts/{urn}", self.edit, methods=["POST"]),
            Route("/rest/posts/{urn}", self.delete, methods=["DELETE"]),
        ]

    async def publish(self, request: Request) -> Response:
        """Make a post: 201, no body, the URN in a header."""
        body = await check(request, "/rest/posts")
        caller = self.tokens.caller(request)
        author = self.accounts.acting(caller, body["author"], "w", "partnerApiPostsExternal.CREATE")
        content = body.get("content", {})
        self._check_content(author.id, content)
        if author.is_organization and body["visibility"] == "CONNECTIONS":
            raise invalid("INVALID_VALUE_FOR_FIELD", "CONNECTIONS is not a visibility of organizations", "/visibility")
        known = self.store.same(author.id, body["commentary"], content)
        if known is not None:
            raise invalid("DUPLICATE_POST", f"Content is a duplicate of {known.urn}", "/commentary")
        self._spend(caller.member.id)
        post = self.store.publish(author, body["commentary"], body["visibility"], content)
        return Response(status_code=201, headers={"x-restli-id": post.urn, "x-linkedin-id": post.urn})

    async def find(self, request: Request) -> Response:
        """The posts of an account, the last changed first."""
        await check(request, "/rest/posts")
        caller = self.tokens.caller(request)
        author = self.accounts.acting(
            caller, request.query_params["author"], "r", "partnerApiPostsExternal.FINDER-author"
        )
        return JSONResponse(paged(request, [_shown(post) for post in self.store.by(author.id)]))

    async def get(self, request: Request) -> Response:
        """One post."""
        await check(request, "/rest/posts/{urn}")
        caller = self.tokens.caller(request)
        post = self.store.get(request.path_params["urn"])
        if post is None:
            raise not_found()
        self.accounts.acting(caller, post.author, "r", "partnerApiPostsExternal.GET")
        return JSONResponse(_shown(post))

    async def edit(self, request: Request) -> Response:
        """Change the text; nothing else can be changed."""
        body = await check(request, "/rest/posts/{urn}")
        caller = self.tokens.caller(request)
        post = self.store.get(request.path_params["urn"])
        if post is None:
            raise not_found()
        self.accounts.acting(caller, post.author, "w", "partnerApiPostsExternal.PARTIAL_UPDATE")
        changes = body["patch"]["$set"]
        if set(changes) != {"commentary"} or not isinstance(changes["commentary"], str):
            raise invalid("INVALID_VALUE_FOR_FIELD", "Only the commentary can be changed", "/patch")
        self.store.edit(post, changes["commentary"])
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """Take a post away; one that is gone is fine."""
        await check(request, "/rest/posts/{urn}")
        caller = self.tokens.caller(request)
        post = self.store.get(request.path_params["urn"])
        if post is not None:
            self.accounts.acting(caller, post.author, "w", "partnerApiPostsExternal.DELETE")
            self.store.delete(post)
        return Response(status_code=204)

    def _check_content(self, author: str, content: dict[str, Any]) -> None:
        files = content.get("multiImage", {}).get("images") or [content.get("media", {})]
        if "thumbnail" in content.get("article", {}):
            files = [{"id": content["article"]["thumbnail"]}]
        for file in files:
            if "id" not in file:
                continue
            row = self.world.tables.get(MEDIA, file["id"])
            if row is None:
                raise invalid("INVALID_URN_ID", f"{file['id']} is not known", "/content/media/id")
            if row["owner"] != author:
                raise invalid("INVALID_CONTENT_OWNERSHIP", "The media belongs to another owner", "/content/media/id")
            if row["state"] == "PROCESSING_FAILED":
                raise invalid("MEDIA_ASSET_PROCESSING_FAILED", "The media could not be processed", "/content/media/id")
            if row["state"] != "AVAILABLE":
                raise invalid("MEDIA_ASSET_WAITING_UPLOAD", "The media is not ready", "/content/media/id")
            if row["kind"] == "document" and not file.get("title"):
                raise invalid("MISSING_FIELD", "A document has a title", "/content/media/title")

    def _spend(self, member: str) -> None:
        """Count a post. LinkedIn's day begins at midnight UTC; no header says what is left."""
        now = self.world.now()
        key = f"linkedin post {member} {now:%Y-%m-%d}"
        if not self.world.switches.rate_limits:
            return
        if not self.world.windows.take(key, limit=POSTS_A_DAY, seconds=_DAY_SECONDS, now=now).allowed:
            raise LinkedInError(429, "TOO_MANY_REQUESTS", DAILY, serviceErrorCode=101)


def _shown(post: StoredPost) -> dict[str, Any]:
    return {
        "id": post.urn,
        "author": post.author,
        "commentary": post.text,
        "visibility": post.visibility,
        "lifecycleState": "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": post.edited},
        "createdAt": post.created,
        "publishedAt": post.created,
        "lastModifiedAt": post.modified,
        "isReshareDisabledByAuthor": False,
        "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
        **({"content": post.content} if post.content else {}),
    }
