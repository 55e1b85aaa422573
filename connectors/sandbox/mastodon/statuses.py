"""Statuses and the accounts that write them. Sources: docs.joinmastodon.org/methods/{statuses,accounts}."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.mastodon.accounts import Account, Accounts, Caller, bearer
from connectors.sandbox.mastodon.contract import check_body, check_query
from connectors.sandbox.mastodon.entities import Entities
from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.mastodon.forms import read_fields
from connectors.sandbox.mastodon.limits import spend_deletion
from connectors.sandbox.mastodon.media import MEDIA
from connectors.sandbox.mastodon.posts import Posts, StoredStatus
from connectors.sandbox.mastodon.rules import check_media, check_text, check_visibility, read_poll
from connectors.sandbox.world import World

KEY_SECONDS = 3600
_KEYS = "mastodon.idempotency"


@dataclass(frozen=True, slots=True)
class Statuses:
    """Handlers of `/api/v1/statuses` and of the accounts' routes."""

    world: World
    accounts: Accounts
    posts: Posts
    entities: Entities

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        one = "/api/v1/statuses/{id}"
        return [
            Route("/api/v1/accounts/verify_credentials", self.verify_credentials),
            Route("/api/v1/accounts/{id}", self.account),
            Route("/api/v1/accounts/{id}/statuses", self.of_account),
            Route("/api/v1/statuses", self.publish, methods=["POST"]),
            Route("/api/v1/statuses", self.several, methods=["GET"]),
            Route(one, self.get, methods=["GET"]),
            Route(one, self.edit, methods=["PUT"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/source", self.source, methods=["GET"]),
        ]

    async def verify_credentials(self, request: Request) -> Response:
        """Whose token this is."""
        caller = self.accounts.caller(request, "profile", "read:accounts")
        return JSONResponse(self.entities.credentials(caller.account))

    async def account(self, request: Request) -> Response:
        """A public profile."""
        return JSONResponse(self.entities.account(self._account(request)))

    async def of_account(self, request: Request) -> Response:
        """The statuses of an account, newest first."""
        viewer = self._viewer(request)
        account = self._account(request)
        params = check_query(request, "/api/v1/accounts/{id}/statuses")
        found = [status for status in self.posts.of(account.id) if _visible(status, viewer)]
        if "since_id" in params or "min_id" in params:
            after = int(params.get("min_id") or params["since_id"])
            found = [status for status in found if int(status.id) > after]
        if "max_id" in params:
            found = [status for status in found if int(status.id) < int(params["max_id"])]
        if params.get("only_media"):
            found = [status for status in found if status.media_ids]
        if params.get("exclude_replies"):
            found = [status for status in found if status.in_reply_to_id is None]
        limit = max(1, min(params["limit"], 40))
        page = found[-limit:] if "min_id" in params else found[:limit]
        return JSONResponse([self.entities.status(status) for status in page])

    async def publish(self, request: Request) -> Response:
        """Publish. The same Idempotency-Key within an hour gives the same status and publishes nothing."""
        caller = self.accounts.caller(request, "write:statuses")
        key = request.headers.get("idempotency-key")
        fields = check_body(request, "/api/v1/statuses", await read_fields(request))
        if fields.get("scheduled_at"):
            raise MastodonError(422, "The sandbox does not schedule: leave out scheduled_at")
        known = self._by_key(caller.account, key)
        if known is not None:
            return JSONResponse(self.entities.status(known))
        status = self._new_status(caller, fields)
        self.posts.publish(status, key)
        if key:
            expires = self.world.now().timestamp() + KEY_SECONDS
            self.world.tables.put(_KEYS, f"{caller.account.id}:{key}", {"status": status.id, "expires": expires})
        return JSONResponse(self.entities.status(status))

    async def several(self, request: Request) -> Response:
        """Statuses by their ids; an unknown id is left out."""
        viewer = self._viewer(request)
        ids = check_query(request, "/api/v1/statuses").get("id", [])
        found = [self.posts.get(status_id) for status_id in ids[:20]]
        return JSONResponse([self.entities.status(status) for status in found if status and _visible(status, viewer)])

    async def get(self, request: Request) -> Response:
        """One status."""
        viewer = self._viewer(request)
        status = self.posts.get(request.path_params["id"])
        if status is None or not _visible(status, viewer):
            raise MastodonError(404, "Record not found")
        return JSONResponse(self.entities.status(status))

    async def edit(self, request: Request) -> Response:
        """Change a status."""
        caller = self.accounts.caller(request, "write:statuses")
        status = self._own(request, caller)
        fields = check_body(request, "/api/v1/statuses/{id}", await read_fields(request))
        media_ids = tuple(fields.get("media_ids", status.media_ids))
        poll = read_poll(fields.get("poll"), self.world.now()) or (status.poll if "media_ids" not in fields else None)
        check_media(self.world, caller.account.id, media_ids, with_poll=poll is not None, status_id=status.id)
        text, spoiler = fields.get("status", status.text), fields.get("spoiler_text", status.spoiler_text)
        check_text(text, spoiler, empty_is_fine=bool(media_ids))
        changed = replace(
            status,
            text=text,
            spoiler_text=spoiler,
            sensitive=fields.get("sensitive", status.sensitive),
            language=fields.get("language", status.language),
            media_ids=media_ids,
            poll=poll,
        )
        return JSONResponse(self.entities.status(self.posts.edit(changed)))

    async def delete(self, request: Request) -> Response:
        """Take a status away; the answer has its text, for a new draft."""
        caller = self.accounts.caller(request, "write:statuses")
        spend_deletion(self.world, request, caller.account.id)
        status = self._own(request, caller)
        body = self.entities.status(status, with_text=True)
        self.posts.delete(status)
        for media_id in status.media_ids:
            row = self.world.tables.get(MEDIA, media_id)
            if row is not None:
                self.world.tables.put(MEDIA, media_id, {**row, "status": None})
        return JSONResponse(body)

    async def source(self, request: Request) -> Response:
        """The plain text of one's own status."""
        caller = self.accounts.caller(request, "read:statuses")
        status = self._own(request, caller)
        return JSONResponse({"id": status.id, "text": status.text, "spoiler_text": status.spoiler_text})

    def _new_status(self, caller: Caller, fields: dict[str, Any]) -> StoredStatus:
        """The status that the fields describe. Raises MastodonError for what the instance refuses."""
        media_ids = tuple(fields.get("media_ids", ()))
        text, spoiler = fields.get("status", ""), fields.get("spoiler_text", "")
        poll = read_poll(fields.get("poll"), self.world.now())
        visibility = fields.get("visibility", "public")
        for name in ("in_reply_to_id", "quoted_status_id"):
            if fields.get(name) and self.posts.get(fields[name]) is None:
                raise MastodonError(404, "Record not found")
        check_visibility(visibility)
        check_media(self.world, caller.account.id, media_ids, with_poll=poll is not None)
        check_text(text, spoiler, empty_is_fine=bool(media_ids))
        return StoredStatus(
            id=self.posts.new_id(),
            account_id=caller.account.id,
            handle=caller.account.handle,
            text=text,
            spoiler_text=spoiler,
            visibility=visibility,
            sensitive=fields.get("sensitive", False) or bool(spoiler),
            language=fields.get("language", "en"),
            created_at=self.world.now().isoformat(),
            app_name=caller.app_name,
            in_reply_to_id=fields.get("in_reply_to_id") or None,
            quoted_status_id=fields.get("quoted_status_id") or None,
            media_ids=media_ids,
            poll=poll,
        )

    def _by_key(self, account: Account, key: str | None) -> StoredStatus | None:
        row = self.world.tables.get(_KEYS, f"{account.id}:{key}") if key else None
        if row is None or row["expires"] <= self.world.now().timestamp():
            return None
        return self.posts.get(row["status"])

    def _own(self, request: Request, caller: Caller) -> StoredStatus:
        status = self.posts.get(request.path_params["id"])
        if status is None or status.account_id != caller.account.id:
            raise MastodonError(404, "Record not found")
        return status

    def _account(self, request: Request) -> Account:
        account = self.accounts.get(request.path_params["id"])
        if account is None:
            raise MastodonError(404, "Record not found")
        return account

    def _viewer(self, request: Request) -> Account | None:
        """Who reads: a token is not needed for what is public, but a wrong one is refused."""
        return self.accounts.caller(request, "read:statuses").account if bearer(request.headers) else None


def _visible(status: StoredStatus, viewer: Account | None) -> bool:
    """Whether someone may read a status; followers are not simulated."""
    return status.visibility in ("public", "unlisted") or (viewer is not None and viewer.id == status.account_id)
