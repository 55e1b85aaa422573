"""Comments, and what readers did with a post.

Sources: comments-api and network-update-social-actions under
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/; share-statistics under
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.linkedin.accounts import Accounts
from connectors.sandbox.linkedin.contract import check
from connectors.sandbox.linkedin.errors import invalid, not_found
from connectors.sandbox.linkedin.members import COUNTS, days_in, paged
from connectors.sandbox.linkedin.store import Store, StoredPost
from connectors.sandbox.linkedin.tokens import Tokens
from connectors.sandbox.world import World

_COMMENTS = "/rest/socialActions/{urn}/comments"
_STATISTICS = "/rest/organizationalEntityShareStatistics"
_ZERO = ("impressionCount", "uniqueImpressionsCount", "clickCount", "likeCount", "commentCount", "shareCount")


@dataclass(frozen=True, slots=True)
class Comments:
    """Handlers of `/rest/socialActions` and of the statistics of posts."""

    world: World
    accounts: Accounts
    tokens: Tokens
    store: Store

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        return [
            Route(_COMMENTS, self.publish, methods=["POST"]),
            Route(_COMMENTS, self.find, methods=["GET"]),
            Route(f"{_COMMENTS}/{{id}}", self.edit, methods=["POST"]),
            Route(f"{_COMMENTS}/{{id}}", self.delete, methods=["DELETE"]),
            Route("/rest/socialActions/{urn}", self.figures),
            Route(_STATISTICS, self.statistics),
        ]

    async def publish(self, request: Request) -> Response:
        """Make a comment."""
        body = await check(request, _COMMENTS)
        caller = self.tokens.caller(request)
        actor = self.accounts.acting(caller, body["actor"], "w", "partnerApiSocialActions.CREATE")
        root = self._root(request)
        if body.get("object", root.urn) != root.urn:
            raise invalid("INVALID_VALUE_FOR_FIELD", "The object is not the post of the address", "/object")
        if not body["message"]["text"].strip():
            raise invalid("MISSING_FIELD", "A comment has a text", "/message/text")
        made = self.store.comment(actor, root.urn, body["message"]["text"])
        return JSONResponse(_shown(made), 201, {"x-restli-id": made.number})

    async def find(self, request: Request) -> Response:
        """The comments under a post."""
        await check(request, _COMMENTS)
        caller, root = self.tokens.caller(request), self._root(request)
        self.accounts.acting(caller, root.author, "r", "partnerApiSocialActions.GET_ALL")
        return JSONResponse(paged(request, [_shown(one) for one in self.store.under(root.urn)]))

    async def edit(self, request: Request) -> Response:
        """Change the text of a comment."""
        body = await check(request, f"{_COMMENTS}/{{id}}")
        comment = self._own(request)
        if comment is None:
            raise not_found()
        self.store.edit(comment, body["patch"]["message"]["$set"]["text"])
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """Take a comment away."""
        await check(request, f"{_COMMENTS}/{{id}}")
        comment = self._own(request)
        if comment is None:
            raise not_found()
        self.store.delete(comment)
        return Response(status_code=204)

    async def figures(self, request: Request) -> Response:
        """Likes and comments of a post."""
        await check(request, "/rest/socialActions/{urn}")
        caller, post = self.tokens.caller(request), self._root(request)
        self.accounts.acting(caller, post.author, "r", "partnerApiSocialActions.GET")
        counts = self.world.tables.get(COUNTS, post.urn) or {}
        return JSONResponse(
            {
                "likesSummary": {"totalLikes": counts.get("likeCount", 0)},
                "commentsSummary": {
                    "aggregatedTotalComments": counts.get("commentCount", len(self.store.under(post.urn)))
                },
                "target": post.urn,
            }
        )

    async def statistics(self, request: Request) -> Response:
        """The figures of an organization's posts."""
        await check(request, _STATISTICS)
        caller, query = self.tokens.caller(request), request.query_params
        owner = self.accounts.acting(caller, query["organizationalEntity"], "r", "organizationalEntityShareStatistics")
        found: list[dict[str, Any]] = []
        for parameter, key in (("shares", "share"), ("ugcPosts", "ugcPost")):
            urns = query.get(parameter, "List()").removeprefix("List(").removesuffix(")")
            for urn in filter(None, urns.split(",")):
                post = self.store.get(urn)
                if post is not None and post.author == owner.id:
                    figures = {**dict.fromkeys(_ZERO, 0), "engagement": 0.0}
                    figures |= self.world.tables.get(COUNTS, urn) or {}
                    found.append({"organizationalEntity": owner.id, key: urn, "totalShareStatistics": figures})
        if not {"shares", "ugcPosts"} & set(query):
            for span, counts in days_in(self.world, owner.id, query.get("timeIntervals")):
                shown = {**{name: counts.get(name, 0) for name in _ZERO}, "engagement": 0.0}
                found.append({"organizationalEntity": owner.id, "totalShareStatistics": shown, **span})
        return JSONResponse({"elements": found, "paging": {"start": 0, "count": 10, "links": []}})

    def _root(self, request: Request) -> StoredPost:
        post = self.store.get(request.path_params["urn"])
        if post is None or post.root is not None:
            raise not_found()
        return post

    def _own(self, request: Request) -> StoredPost | None:
        """The comment of the address, where the caller may change it."""
        caller, actor = self.tokens.caller(request), request.query_params["actor"]
        self.accounts.acting(caller, actor, "w", "partnerApiSocialActions.UPDATE")
        root, number = request.path_params["urn"], request.path_params["id"]
        found = next((one for one in self.store.under(root) if one.number == number), None)
        return found if found is not None and found.author == actor else None


def _shown(comment: StoredPost) -> dict[str, Any]:
    return {
        "id": comment.number,
        "commentUrn": comment.urn,
        "actor": comment.author,
        "object": comment.root,
        "message": {"text": comment.text, "attributes": []},
        "created": {"actor": comment.author, "time": comment.created},
        "lastModified": {"actor": comment.author, "time": comment.modified},
    }
