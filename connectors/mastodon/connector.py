"""The Mastodon connector: each method of the contract, told by the file that knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.capabilities import Capabilities
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
from connectors.mastodon import authorize, media, reconcile, statuses
from connectors.mastodon.account import account_metrics, read_account
from connectors.mastodon.capabilities import CAPABILITIES
from connectors.mastodon.checks import problems
from connectors.mastodon.faults import refused
from connectors.secret import Secret


class Mastodon:
    """Implements `connectors.contract.Connector` for any server that speaks Mastodon's API."""

    def __init__(
        self, media_interval: timedelta = media.POLL_INTERVAL, media_attempts: int = media.POLL_ATTEMPTS
    ) -> None:
        self._interval = media_interval
        self._attempts = media_attempts

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do, as data."""
        return CAPABILITIES

    # -- connecting

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        """The origin of the server that the user typed: each one has its own registration of ours."""
        return authorize.origin_in(fields)

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        """Register our client at a server."""
        return await authorize.register(cx, app_key, redirect_uri)

    async def start(self, cx: Context, request: StartAuthorization) -> Redirect | Grant:
        """The server's page where the user agrees."""
        return await authorize.start(cx, request)

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """Exchange the code, and read the account."""
        return await authorize.finish(cx, request)

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """Always refused: Mastodon's tokens have no end and no renewal; a dead one needs the user."""
        raise refused(
            FaultKind.AUTH_EXPIRED,
            "Mastodon's tokens are not renewed: a dead one was revoked, or the password was changed.",
        )

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """Tell the server to forget the token."""
        return await authorize.revoke(cx, access)

    async def check(self, cx: Context, access: Access) -> Account:
        """The account and its server's limits as they are now."""
        return await read_account(cx, access.account.server, access.tokens.access)

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why the account's server would refuse the content."""
        return problems(content, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Upload the files and wait until the server has processed them."""
        return await media.upload_all(cx, access, task, save, interval=self._interval, attempts=self._attempts)

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Make the post."""
        return await statuses.publish(cx, access, task)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Mastodon answers a post at once, so nothing is ever pending; the truth is what `reconcile` finds."""
        return polled(await reconcile.reconcile(cx, access, task))

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Search the account's own posts."""
        return await reconcile.reconcile(cx, access, task)

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Change a published post."""
        return await statuses.edit(cx, access, ref, task)

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove a published post."""
        await statuses.delete(cx, access, ref)

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Favourites, reblogs, replies and quotes."""
        return await statuses.metrics(cx, access, refs)

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Followers, follows and posts."""
        return await account_metrics(cx, access)
