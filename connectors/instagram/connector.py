"""The Instagram connector: each method of the contract, told by the file that knows it.

An account is reached in one of two ways, which its tokens name: through the Facebook page that it is linked to, or by
Instagram's own sign-in. Host, token and rights differ, what is said is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

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
    Subscribed,
    Tokens,
)
from connectors.faults import FaultKind, PlatformFault
from connectors.instagram import containers, figures, listening, login, publishing, reconcile
from connectors.instagram.capabilities import CAPABILITIES
from connectors.instagram.checks import problems
from connectors.instagram.kinds import COMMENT
from connectors.instagram.publishing import format_of_ref
from connectors.instagram.quota import refuse_used_up
from connectors.instagram.rules import INSTAGRAM as RULES
from connectors.meta import login as meta_login
from connectors.meta.faults import refused
from connectors.meta.graph import Graph, page_graph
from connectors.meta.pages import INSTAGRAM, instagram_account
from connectors.secret import Secret

_WAY: Final = "way"
_BY_PAGE: Final = "id,username,name,profile_picture_url"
_GONE: Final = "It is not on Instagram any more."


class Instagram:
    """Implements `connectors.contract.Connector` for Instagram's professional accounts."""

    def __init__(self, pace: containers.Pace | None = None) -> None:
        self._pace = pace or containers.Pace()

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
        """Facebook's dialog or Instagram's own."""
        begun = (login.start if request.by is ConnectBy.OAUTH else meta_login.start)(cx, request)
        return Redirect(begun.url, begun.issuer, {_WAY: Secret(request.by.value)})

    async def finish(self, cx: Context, request: FinishAuthorization) -> Grant:
        """The account that signed in; through pages, every page and account that was shared."""
        if request.flow[_WAY].reveal() == ConnectBy.OAUTH.value:
            return await login.finish(cx, request)
        return await meta_login.finish(cx, request, INSTAGRAM)

    async def refresh(self, cx: Context, access: Access) -> Tokens:
        """The account's token for two more months; through a page, the page's token anew."""
        return await (login.refresh if _own(access) else meta_login.derive)(cx, access)

    async def revoke(self, cx: Context, access: Access) -> Revocation:
        """Through a page, end the person's consent. Instagram's own sign-in has no call that ends a token."""
        if _own(access):
            why = "Instagram has no call that ends an access. The person can remove it in Instagram's settings."
            return Revocation(told=False, why=why)
        return await meta_login.end_consent(cx, access)

    async def check(self, cx: Context, access: Access) -> Account:
        """The account as it is now."""
        known = access.account
        fields = login.ACCOUNT if _own(access) else _BY_PAGE
        body = await _graph(cx, access).get(_node(access), {"fields": fields})
        account_id = str(body.get("user_id", known.external_id)) if _own(access) else known.external_id
        return instagram_account({"account_type": known.kind, **body}, account_id, known.owner_id)

    # -- being told

    async def listen(self, cx: Context, access: Access, address: str) -> Subscribed:
        """Subscribe the application to the account, and to the page before it; Meta has our address already."""
        return await (listening.listen_by_itself if _own(access) else listening.listen_by_page)(cx, access)

    async def stop_listening(self, cx: Context, access: Access, to: Collection[str]) -> None:
        """End these subscriptions."""
        await listening.stop(cx, access, to)

    # -- publishing

    def validate(self, content: Content, account: Account) -> Sequence[Problem]:
        """Every reason why Instagram would refuse the content."""
        return problems(content, account)

    async def prepare(self, cx: Context, access: Access, task: PublishTask, save: Save) -> Mapping[str, Any]:
        """Make the containers and wait until they are ready, where the day's allowance leaves a post."""
        if task.position > 0:
            return dict(task.checkpoint)
        graph = _graph(cx, access)
        await refuse_used_up(graph, access.account.external_id)
        return await containers.prepare(graph, access, task, save, self._pace)

    async def publish(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Publish the container, or write the comment."""
        return await publishing.publish(_graph(cx, access), access, task)

    async def poll(self, cx: Context, access: Access, task: PublishTask) -> Outcome:
        """Instagram answers at once, so nothing is ever pending; the truth is what `reconcile` finds."""
        return await publishing.look_up(_graph(cx, access), access, task)

    async def reconcile(self, cx: Context, access: Access, task: PublishTask) -> Finding:
        """Ask the container, then find the post."""
        return await reconcile.reconcile(_graph(cx, access), access, task)

    # -- afterwards

    async def edit(self, cx: Context, access: Access, ref: PublishedRef, task: PublishTask) -> PublishedRef:
        """Always refused: Instagram's API changes nothing that is out."""
        message = "Instagram does not let a published post be changed."
        raise refused(FaultKind.POLICY, message, "Change it in Instagram, or delete it and publish another one.")

    async def delete(self, cx: Context, access: Access, ref: PublishedRef) -> None:
        """Remove a post or a comment; what is not there is removed already."""
        if _own(access) and format_of_ref(ref) != COMMENT:
            message = "Instagram's own sign-in does not let posts be deleted."
            raise refused(FaultKind.POLICY, message, "Delete it in Instagram, or connect through the Facebook page.")
        try:
            await _graph(cx, access).delete(ref.id, missing=_GONE)
        except PlatformFault as trouble:
            if trouble.fault.kind is not FaultKind.NOT_FOUND:
                raise

    async def metrics(self, cx: Context, access: Access, refs: Sequence[PublishedRef]) -> Sequence[Metrics]:
        """Likes, comments, saves, shares, views and reach."""
        return await figures.metrics(_graph(cx, access), refs)

    async def account_metrics(self, cx: Context, access: Access) -> Metrics:
        """Followers, follows and posts, with the last day's figures."""
        return await figures.account_metrics(_graph(cx, access), access, _node(access))

    async def account_history(self, cx: Context, access: Access, since: datetime, until: datetime) -> Sequence[Metrics]:
        """The figures of each whole day within a time."""
        return await figures.account_history(_graph(cx, access), access, since, until)


def _own(access: Access) -> bool:
    """Whether the account is reached by Instagram's own sign-in."""
    return access.tokens.method is ConnectBy.OAUTH


def _graph(cx: Context, access: Access) -> Graph:
    return login.own_graph(cx, access.tokens.access) if _own(access) else page_graph(cx, access, RULES)


def _node(access: Access) -> str:
    return "me" if _own(access) else access.account.external_id
