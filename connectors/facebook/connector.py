"""The Facebook connector: each method of the contract, told by the file that knows it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

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
)
from connectors.facebook import figures, listening, photos, posts, publishing, reconcile, videos
from connectors.facebook.capabilities import CAPABILITIES
from connectors.facebook.checks import problems
from connectors.facebook.kinds import Kind, kind_of
from connectors.faults import FaultKind
from connectors.meta import login
from connectors.meta.faults import refused
from connectors.meta.graph import page_graph
from connectors.meta.pages import FACEBOOK, page_account
from connectors.secret import Secret

_ACCOUNT: Final = "id,name,username,picture{url}"


class Facebook:
    """Implements `connectors.contract.Connector` for Facebook Pages."""

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do, as data."""
        return CAPABILITIES

    # -- connecting

    def app_key(self, fields: Mapping[str, Secret]) -> str | None:
        """None: the application is the operator's, not one that is registered for a workspace."""
        return None

    async def register(self, cx: Context, app_key: str, redirect_uri: str) -> AppCredentials:
        """Always refused: Meta's applications are made by people."""
        raise refused(FaultKind.UNEXPECTED_ANSWER, "Applications at Meta are made in its console, by the operator.")

    async def start(self, cx: Context, request: StartAuthorization) -> Redirect | Grant:
        """Facebook's dialog, in which pages are ticked."""
        return login.start(cx, request)

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """Every page that was shared, and the Instagram accounts behind them."""
        return await login.finish(cx, request, FACEBOOK)

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """The page's token anew, from the person's; refused where that is dead as well."""
        return await login.derive(cx, access)

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """End the person's consent to the application: Meta has nothing smaller to end."""
        return await login.end_consent(cx, access)

    async def check(self, cx: Context, access: Access) -> Account:
        """The page as it is now."""
        body = await page_graph(cx, access).get(access.account.external_id, {"fields": _ACCOUNT})
        return page_account({"id": access.account.external_id, **body}, access.account.owner_id)

    # -- being told

    async def listen(self, cx: Context, access: Access, address: str) -> Subscribed:
        """Subscribe the application to the page; Meta has our address from the operator."""
        return await listening.listen(cx, access)

    async def stop_listening(self, cx: Context, access: Access, to: Collection[str]) -> None:
        """End the subscription."""
        await listening.stop(cx, access, to)

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why Facebook would refuse the content."""
        return problems(content, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Upload the files without publishing them."""
        graph, page = page_graph(cx, access), access.account.external_id
        if not task.part.media:
            return dict(task.checkpoint)
        match kind_of(task):
            case Kind.VIDEO:
                return await videos.upload_in_chunks(graph, page, task, save)
            case Kind.REEL:
                return await videos.upload_whole(graph, page, "video_reels", task, save)
            case Kind.VIDEO_STORY:
                return await videos.upload_whole(graph, page, "video_stories", task, save)
            case _:
                return await photos.upload_photos(graph, page, task, save)

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Make the post, reel, story or comment."""
        return await publishing.publish(page_graph(cx, access), access, task)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Look at a video that Facebook is processing."""
        return await publishing.poll(page_graph(cx, access), task)

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Search the page's posts, the comments, or ask for the video."""
        return await reconcile.reconcile(page_graph(cx, access), access, task)

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Change the text."""
        return await posts.edit(page_graph(cx, access), ref, task)

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove it."""
        await posts.delete(page_graph(cx, access), ref)

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Likes, comments, shares, views, reach and clicks."""
        return await figures.metrics(page_graph(cx, access), refs)

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Followers and likes of the page, with the last day's figures."""
        return await figures.account_metrics(page_graph(cx, access), access)

    async def account_history(self, cx: Context, access: Access, since: datetime, until: datetime) -> Sequence[Metrics]:
        """The page's figures of each day that ends within a time."""
        return await figures.account_history(page_graph(cx, access), access, since, until)
