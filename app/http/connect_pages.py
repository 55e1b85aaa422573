"""The pages of connecting: what each template is told, from the flow's row and the connector's declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.queries import count as count_jobs
from app.domain.jobs.states import JobState
from app.domain.tenants.model import Tenant
from app.flows.connections.ways import connector_of, method_of
from app.flows.runtime import Runtime
from app.http.rendering import content_policy, html_page
from app.kernel.errors import DomainError
from app.kernel.settings import Settings
from connectors.capabilities import Capabilities, ConnectBy, FieldKind
from connectors.contract import Account
from schema.node import encode

# A server is typed as its name, without https://, which a browser's own check of addresses would refuse.
_INPUTS: Final[Mapping[FieldKind, str]] = {
    FieldKind.TEXT: "text",
    FieldKind.URL: "text",
    FieldKind.SECRET: "password",
}


class Pages:
    """Makes the pages of one flow."""

    def __init__(self, rt: Runtime, flow: OAuthFlow) -> None:
        self._rt = rt
        self._flow = flow

    async def form(
        self,
        ticket: str,
        *,
        typed: Mapping[str, str] | None = None,
        problem: DomainError | None = None,
        status: int = 200,
    ) -> Response:
        """What is about to be allowed, with the fields that the platform asks for."""
        rt, flow = self._rt, self._flow
        connector = connector_of(rt, flow.platform)
        by = ConnectBy(flow.method)
        known = {**flow.fields, **(typed or {})}
        fields = [
            {
                "name": item.name,
                "label": item.label,
                "kind": _INPUTS[item.kind],
                "value": "" if item.kind is FieldKind.SECRET else known.get(item.name, ""),
                "hint": item.help,
                "placeholder": item.placeholder,
                "problem": "",
                "required": item.required,
            }
            for item in method_of(connector, by).fields
        ]
        asked = connector.capabilities.scopes_by(by)
        page = html_page(
            "connect.html",
            status=status,
            policy=content_policy(form_action=_platforms(rt.settings) if by.in_browser else ()),
            **_frame(rt.settings),
            workspace_name=await self._workspace(),
            platform_name=connector.capabilities.name,
            reconnect=await self._repaired(),
            scopes=[(scope.name, scope.purpose) for scope in asked],
            fields=fields,
            action=f"/connect/{ticket}",
            cancel_to=flow.return_to,
            expires=f"{flow.expires_at:%H:%M} UTC",
            problem=None if problem is None else {"message": problem.message, "hint": problem.hint},
        )
        return _own_referrer(page)

    async def choices(
        self, ticket: str, accounts: Sequence[Account], *, problem: DomainError | None = None, status: int = 200
    ) -> Response:
        """The accounts that were granted, to choose from."""
        listed = [
            {
                "value": account.external_id,
                "name": account.name or account.handle,
                "detail": account.handle,
                "chosen": False,
                "usable": True,
                "reason": "",
            }
            for account in accounts
        ]
        page = html_page(
            "accounts.html",
            status=status,
            **_frame(self._rt.settings),
            workspace_name=await self._workspace(),
            platform_name=self._declared().name,
            accounts=listed,
            several=True,
            action=f"/connect/{ticket}/accounts",
            cancel_to=self._flow.return_to,
            problem=None if problem is None else {"message": problem.message, "hint": problem.hint},
        )
        return _own_referrer(page)

    async def connected(self, connections: Sequence[Connection]) -> Response:
        """What is connected now."""
        return html_page(
            "connected.html",
            **_frame(self._rt.settings),
            workspace_name=await self._workspace(),
            platform_name=self._declared().name,
            connections=[
                {"id": encode("Connection", row.id), "name": row.name or row.handle, "detail": row.handle}
                for row in connections
            ],
            reconnected=self._flow.connection_id is not None,
            waiting=await self._going_out(connections),
            tell_origin=_opener(self._rt.settings),
            return_to=self._flow.return_to,
        )

    def failed(self, request: Request, error: DomainError, status: int, ticket: str | None = None) -> Response:
        """Why it did not work; `ticket` where it can be tried again."""
        ended = self._flow.state in {FlowState.DONE, FlowState.CHOOSING}
        return failed(
            request,
            self._rt.settings,
            error,
            status,
            platform_name=self._declared().name,
            retry_to=f"/connect/{ticket}" if ticket and not ended else None,
            return_to=self._flow.return_to,
        )

    async def _workspace(self) -> str:
        async with self._rt.db.read(self._flow.tenant_id) as session:
            tenant = await session.get_one(Tenant, self._flow.tenant_id)
        return tenant.name

    async def _repaired(self) -> str | None:
        if self._flow.connection_id is None:
            return None
        async with self._rt.db.read(self._flow.tenant_id) as session:
            return (await read_connection(session, self._flow.connection_id)).handle

    async def _going_out(self, connections: Sequence[Connection]) -> int:
        """How many posts are past their time and go out now: those that had waited for the account."""
        late = JobFilter(
            states=(JobState.SCHEDULED, JobState.RETRYING, JobState.PUBLISHING),
            connections=tuple(row.id for row in connections),
            due_until=self._rt.clock.now(),
        )
        async with self._rt.db.read(self._flow.tenant_id) as session:
            return await count_jobs(session, late)

    def _declared(self) -> Capabilities:
        return connector_of(self._rt, self._flow.platform).capabilities


def failed(
    request: Request,
    settings: Settings,
    error: DomainError,
    status: int,
    *,
    platform_name: str = "",
    retry_to: str | None = None,
    return_to: str | None = None,
) -> Response:
    """The page of a link or a callback that leads nowhere."""
    return html_page(
        "connect_failed.html",
        status=status,
        **_frame(settings),
        platform_name=platform_name,
        code=error.code,
        message=error.message,
        hint=error.hint,
        changed=False,
        retry_to=retry_to,
        return_to=return_to,
        tell_origin=_opener(settings),
        reference=request.scope.get("state", {}).get("request_id"),
    )


def _frame(settings: Settings) -> dict[str, Any]:
    return {"client_name": settings.client_name, "host": urlsplit(settings.public_url).netloc}


def _opener(settings: Settings) -> str:
    """Who may be told: the one frontend that is allowed, else our own pages. With several nobody knows which it was."""
    return settings.allowed_origins[0] if len(settings.allowed_origins) == 1 else ""


def _platforms(settings: Settings) -> tuple[str, ...]:
    """Where the form's answer may redirect to: a server that the user names, so any; plain http only in development."""
    return ("https:",) if settings.production else ("https:", "http:")


def _own_referrer(page: Response) -> Response:
    # With `no-referrer` a browser sends `Origin: null` with our own form, and older ones say nothing else about
    # where it came from. Other origins are told nothing by this policy either.
    page.headers["Referrer-Policy"] = "same-origin"
    return page
