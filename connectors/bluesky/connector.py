"""Bluesky: the platform as the application sees it. Each method hands over to the file that knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.bluesky import authorization, figures, media, publishing, rules, sessions, xrpc
from connectors.bluesky.capabilities import CAPABILITIES
from connectors.bluesky.faults import not_possible
from connectors.capabilities import Capabilities, ConnectBy
from connectors.contract import (
    Access,
    Account,
    AppCredentials,
    Content,
    Context,
    Finding,
    FinishAuthorization,
    Grant,
    Metrics,
    Outcome,
    Problem,
    PublishedRef,
    PublishTask,
    Redirect,
    Revocation,
    Save,
    StartAuthorization,
    Tokens,
    polled,
)
from connectors.faults import FaultKind
from connectors.secret import Secret


class Bluesky:
    """Implements `connectors.contract.Connector` for every server of the AT Protocol."""

    @property
    def capabilities(self) -> Capabilities:
        """What Bluesky takes and allows."""
        return CAPABILITIES

    # -- connecting

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        """None: servers know our client by the address of its metadata, nothing is registered."""
        return None

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        """Always refused: there is nothing to register."""
        raise not_possible(
            FaultKind.UNEXPECTED_ANSWER,
            f"Bluesky knows no registration of clients, so there is none at {app_key}.",
            "Tell the operator: this is a mistake in the program.",
        )

    async def start(self, cx: Context, request: StartAuthorization) -> Redirect | Grant:
        """The server's page where the user agrees; with an app password the grant at once."""
        if request.by is ConnectBy.APP_PASSWORD:
            return await sessions.log_in(cx, request.fields)
        return await authorization.start(cx, request)

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """Exchange the code, prove whose the tokens are, and read the account."""
        return await authorization.finish(cx, request)

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """Fresh tokens; `AUTH_EXPIRED` where only the user can help."""
        if access.tokens.method is ConnectBy.OAUTH:
            return await authorization.refresh(cx, access)
        return await sessions.refresh(cx, access)

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """Close the session, or tell the authorization server to forget the grant."""
        if access.tokens.method is ConnectBy.OAUTH:
            return await authorization.revoke(cx, access)
        await sessions.end(cx, access)
        return Revocation()

    async def check(self, cx: Context, access: Access) -> Account:
        """The account with its present handle. Raises `ACCOUNT_GONE` where the server no longer keeps it active."""
        answer = await xrpc.query(cx, access, "com.atproto.server.getSession")
        xrpc.expect_account(xrpc.text(answer, "did"), access.account)
        sessions.check_active(xrpc.body(answer))
        return replace(access.account, handle=xrpc.text(answer, "handle"))

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why a server would refuse the content."""
        return rules.check(content, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Upload the files and find out who is mentioned."""
        return await media.prepare(cx, access, task, save)

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Write the post under a key of ours."""
        return await publishing.publish(cx, access, task)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Servers answer a post at once, so nothing is ever pending; the truth is what `reconcile` finds."""
        return polled(await self.reconcile(cx, access, task))

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Look under our key."""
        return await publishing.reconcile(cx, access, task)

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Always refused: servers would take it, but Bluesky does not show a changed post."""
        raise not_possible(
            FaultKind.INVALID_CONTENT,
            "Bluesky has no editing of published posts.",
            "Delete the post and publish the new text; replies and likes do not move along.",
        )

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove the post and what belongs to it."""
        await publishing.delete(cx, access, ref)

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Likes, reposts, replies, quotes and bookmarks."""
        return await figures.metrics(cx, access, refs)

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Followers, follows and posts."""
        return await figures.account_metrics(cx, access)
