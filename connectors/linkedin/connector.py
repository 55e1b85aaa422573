"""The LinkedIn connector: each method of the contract, told by the file that knows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
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
    Subscribed,
    Tokens,
    polled,
)
from connectors.faults import FaultKind
from connectors.linkedin import authorize, figures, listening, media, posts, reconcile
from connectors.linkedin.accounts import read_again
from connectors.linkedin.capabilities import CAPABILITIES
from connectors.linkedin.checks import problems
from connectors.linkedin.faults import refused
from connectors.secret import Secret


class LinkedIn:
    """Implements `connectors.contract.Connector` for members and pages of LinkedIn."""

    def __init__(
        self, media_interval: timedelta = media.POLL_INTERVAL, media_attempts: int = media.POLL_ATTEMPTS
    ) -> None:
        self._interval = media_interval
        self._attempts = media_attempts

    @property
    def capabilities(self) -> Capabilities:
        """What LinkedIn takes and allows."""
        return CAPABILITIES

    # -- connecting

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        """None: the application is the operator's, made by hand at LinkedIn."""
        return None

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        """Always refused: LinkedIn lets nobody register an application by itself."""
        raise refused(
            FaultKind.UNEXPECTED_ANSWER,
            f"LinkedIn has no registration of applications, so there is none at {app_key}.",
            "Tell the operator: this is a mistake in the program.",
        )

    async def start(self, cx: Context, request: StartAuthorization) -> Redirect | Grant:
        """LinkedIn's page where the member agrees."""
        return await authorize.start(cx, request)

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """Exchange the code; the member, and each page that may be posted for."""
        return await authorize.finish(cx, request)

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """Fresh tokens where the application gets them; `AUTH_EXPIRED` where the member has to sign in."""
        return await authorize.refresh(cx, access)

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """Tell LinkedIn to forget the token, which may act for the member and for pages."""
        return await authorize.revoke(cx, access)

    async def check(self, cx: Context, access: Access) -> Account:
        """The account as it is now, and for a page whether the member may still post."""
        return await read_again(cx, access)

    # -- being told

    async def listen(self, cx: Context, access: Access, address: str) -> Subscribed:
        """Subscribe to what others do with the organization's posts."""
        return await listening.listen(cx, access, address)

    async def stop_listening(self, cx: Context, access: Access, to: Collection[str]) -> None:
        """End the subscription."""
        await listening.stop(cx, access, to)

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why LinkedIn would refuse the content."""
        return problems(content, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Upload the files and wait until LinkedIn has processed them."""
        return await media.upload_all(cx, access, task, save, interval=self._interval, attempts=self._attempts)

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Make the post, or the comment under it."""
        return await posts.publish(cx, access, task)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """LinkedIn answers a post at once, so nothing is ever pending; the truth is what `reconcile` finds."""
        return polled(await reconcile.reconcile(cx, access, task))

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Search what the account has posted, where the connection may read it."""
        return await reconcile.reconcile(cx, access, task)

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Change the text of a published post or comment."""
        return await posts.edit(cx, access, ref, task)

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove a published post or comment."""
        await posts.delete(cx, access, ref)

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Impressions, reach, clicks, likes, comments and shares for pages; likes and comments for members."""
        return await figures.metrics(cx, access, refs)

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Followers; for pages also the last day's new ones, views of the page and figures of its posts."""
        return await figures.account_metrics(cx, access)

    async def account_history(self, cx: Context, access: Access, since: datetime, until: datetime) -> Sequence[Metrics]:
        """The figures of each day of a page; members have none."""
        return await figures.account_history(cx, access, since, until)
