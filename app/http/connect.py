"""Connecting an account in the user's browser: the ticket's page, the way to the platform, and the way back.

The promise: nothing is connected unless the same browser that agreed on our page comes back from the platform that
it was sent to, with the state that we gave it. What the platform sends back is neither logged nor left in the address
bar; what goes wrong is a page that says what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.connections.flow_model import FlowState, OAuthFlow
from app.flows.connections.connect import Arrival, arrive, begin, choose, redirect_uri
from app.flows.connections.grants import made_by, opened
from app.flows.connections.tickets import TicketInvalid, digest, find_state, find_ticket
from app.flows.runtime import Runtime
from app.http.connect_pages import Pages, failed
from app.http.refusals import status_of
from app.http.same_browser import ForeignForm, Tie, require_own_form, tie, tied
from app.kernel.errors import DomainError
from connectors import catalog, client_metadata
from connectors.secret import Secret
from connectors.signing_keys import public_jwks

BY_DOCUMENT: Final = "bluesky"
"""The platform whose servers know us by the document at `client_metadata.METADATA_PATH`."""
LARGEST_FORM: Final = 64 * 1024
_NEVER_KEPT: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def routes(rt: Runtime) -> list[BaseRoute]:
    """Every address of connecting."""
    door = _Door(rt)
    return [
        Route("/connect/{ticket}", door.page(door.show), methods=["GET"], name="connect"),
        Route("/connect/{ticket}", door.page(door.begin), methods=["POST"], name="begin", max_body_size=LARGEST_FORM),
        Route(
            "/connect/{ticket}/accounts",
            door.page(door.choose),
            methods=["POST"],
            name="choose",
            max_body_size=LARGEST_FORM,
        ),
        Route("/oauth/{platform}/callback", door.page(door.arrive), methods=["GET"], name="callback"),
        Route(client_metadata.METADATA_PATH, door.metadata, methods=["GET"]),
        Route(client_metadata.JWKS_PATH, door.keys, methods=["GET"]),
    ]


Handler = Callable[[Request], Awaitable[Response]]


class _Door:
    """The handlers, over one runtime."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    def page(self, handler: Handler) -> Handler:
        """The handler with its refusals as pages, wherever it has not made one itself."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except ForeignForm as error:
                return failed(request, self._rt.settings, error, 403)
            except DomainError as error:
                return failed(request, self._rt.settings, error, status_of(error))

        return answer

    async def show(self, request: Request) -> Response:
        """GET of a ticket: the form, the accounts to choose from, or what was connected; by how far the flow is."""
        ticket = request.path_params["ticket"]
        flow = await find_ticket(self._rt, ticket)
        home = client_metadata.redirect_uri(self._rt.settings.public_url, request.url.path)
        if client_metadata.is_loopback(home) and urlsplit(home).netloc != request.url.netloc:
            # In development the callback comes to 127.0.0.1; a cookie of `localhost` would not be there.
            return RedirectResponse(home, 307, headers=_NEVER_KEPT)
        pages = Pages(self._rt, flow)
        if flow.state not in {FlowState.CHOOSING, FlowState.DONE}:
            return await pages.form(ticket)
        self._require_browser(request, flow)
        if flow.state is FlowState.DONE:
            return await pages.connected(await made_by(self._rt, flow))
        granted = opened(self._rt, flow)
        return await pages.choices(ticket, [one.account for one in granted.values()])

    async def begin(self, request: Request) -> Response:
        """POST of a ticket: the user has agreed; on to the platform, or to the end where no page of its is needed."""
        require_own_form(request, self._rt.settings)
        ticket = request.path_params["ticket"]
        flow = await find_ticket(self._rt, ticket)
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        try:
            done = await begin(self._rt, flow, {name: Secret(value) for name, value in form.items()})
        except TicketInvalid:
            raise
        except DomainError as error:
            return await Pages(self._rt, flow).form(ticket, typed=form, problem=error, status=status_of(error))
        if isinstance(done, Arrival):
            return await Pages(self._rt, done.flow).connected(done.connections)
        address, browser = done
        response = RedirectResponse(address, 303, headers=_NEVER_KEPT)
        tie(response, flow, self._rt.settings, Tie(ticket, browser))
        return response

    async def arrive(self, request: Request) -> Response:
        """The platform has sent the browser back."""
        if request.method == "HEAD":  # a look at the address must not use it up
            return Response(status_code=405, headers={"Allow": "GET"})
        params = dict(request.query_params)
        flow = await find_state(self._rt, params.get("state", ""))
        if flow.platform != request.path_params["platform"]:
            raise TicketInvalid
        held = tied(request, flow, self._rt.settings)
        pages = Pages(self._rt, flow)
        if held is None or digest(held.browser) != flow.cookie_hash:
            error = TicketInvalid("This page was opened in another browser than the one that started it.")
            return pages.failed(request, error, 403)
        if flow.state not in {FlowState.CHOOSING, FlowState.DONE}:
            try:
                await arrive(self._rt, flow, params, held.browser)
            except DomainError as error:
                return pages.failed(request, error, status_of(error), held.ticket)
        # The ticket's page shows the end, also of an earlier arrival; the code is gone from the address by this.
        return RedirectResponse(f"/connect/{held.ticket}", 303, headers=_NEVER_KEPT)

    async def choose(self, request: Request) -> Response:
        """The user has chosen among the accounts that were granted."""
        require_own_form(request, self._rt.settings)
        ticket = request.path_params["ticket"]
        flow = await find_ticket(self._rt, ticket)
        self._require_browser(request, flow)
        if flow.state is not FlowState.DONE:
            picked = [value for value in (await request.form()).getlist("account") if isinstance(value, str)]
            try:
                await choose(self._rt, flow.tenant_id, flow.created_by, flow.id, picked)
            except TicketInvalid:
                raise
            except DomainError as error:
                accounts = [one.account for one in opened(self._rt, flow).values()]
                pages = Pages(self._rt, flow)
                return await pages.choices(ticket, accounts, problem=error, status=status_of(error))
        return RedirectResponse(f"/connect/{ticket}", 303, headers=_NEVER_KEPT)

    async def metadata(self, _request: Request) -> Response:
        """Who we are, for servers that know clients by the address of this document."""
        try:
            scopes = [scope.name for scope in self._rt.catalog.get(BY_DOCUMENT).capabilities.scopes]
        except catalog.UnknownPlatform:
            return Response(status_code=404)
        settings = self._rt.settings
        document = client_metadata.client_metadata(
            settings.public_url,
            settings.client_name,
            [redirect_uri(self._rt, BY_DOCUMENT)],
            scopes,
            confidential=False,
        )
        return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})

    async def keys(self, _request: Request) -> Response:
        """The keys that we prove ourselves with: none, as a public client has none."""
        return JSONResponse(public_jwks(()), headers={"Cache-Control": "public, max-age=300"})

    def _require_browser(self, request: Request, flow: OAuthFlow) -> None:
        # A ticket can be forwarded; what it has led to is shown to the browser that went the way.
        held = tied(request, flow, self._rt.settings)
        if held is None or digest(held.browser) != flow.cookie_hash:
            raise TicketInvalid("This link was used already, in another browser.")
