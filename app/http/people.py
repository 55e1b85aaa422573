"""The pages behind the links that people are sent: join a workspace, choose a new password.

The promise: opening a link changes nothing, so that a mail scanner uses none up; only the form does, from our own
page. Who joins is signed in by a cookie. The link's token is neither logged nor told to any other server.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.flows.people import join, passwords
from app.flows.people.links import Kind
from app.flows.runtime import Runtime
from app.http.refusals import status_of
from app.http.rendering import html_page
from app.http.same_browser import ForeignForm, require_own_form
from app.http.session import caller_of, keep_cookie
from app.kernel.errors import DomainError, InvalidInput
from connectors.secret import Secret

LARGEST: Final = 8 * 1024


def routes(rt: Runtime) -> list[BaseRoute]:
    """Both pages."""
    door, found = _Door(rt), []
    for kind, show, act in ((Kind.INVITATION, door.invitation, door.join), (Kind.RESET, door.reset, door.choose)):
        path = f"/{kind}/{{token}}"
        found.append(Route(path, door.page(show), methods=["GET"], name=f"{kind}-page"))
        found.append(Route(path, door.page(act), methods=["POST"], name=f"{kind}-form", max_body_size=LARGEST))
    return [*found]


Handler = Callable[[Request], Awaitable[Response]]


class _Door:
    """The handlers, over one runtime."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt

    def page(self, handler: Handler) -> Handler:
        """The handler with its refusals as pages."""

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except ForeignForm as error:
                return self._said(error, 403)
            except DomainError as error:
                return self._said(error, status_of(error))

        return answer

    async def invitation(self, request: Request, problem: DomainError | None = None, name: str = "") -> Response:
        """What somebody is invited to."""
        offer = await join.offer(self._rt, Secret(request.path_params["token"]))
        return self._form(
            request,
            problem,
            heading=f"Join {offer.workspace}",
            lead=f"You are invited as {offer.role.value}."
            + (" You have an account here: your password lets you in." if offer.known else ""),
            address=offer.address,
            ask_name=not offer.known,
            known=offer.known,
            name=name,
            button="Join",
        )

    async def join(self, request: Request) -> Response:
        """Become a member, and be signed in."""
        require_own_form(request, self._rt.settings)
        form = await request.form()
        name = str(form.get("name", ""))
        wanted = join.Follow(
            Secret(request.path_params["token"]), Secret(str(form.get("password", ""))), name, cookie=True
        )
        try:
            opened = await join.accept_invitation(self._rt, caller_of(request), wanted)
        except DomainError as error:
            return await self.invitation(request, error, name)
        answer = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
        keep_cookie(self._rt.settings, answer, opened.access)
        return answer

    async def reset(self, request: Request, problem: DomainError | None = None) -> Response:
        """Whose password may be chosen anew."""
        address = await passwords.whose(self._rt, Secret(request.path_params["token"]))
        return self._form(
            request,
            problem,
            heading="Choose a new password",
            lead="Every session of this account will end; then sign in with the new password.",
            address=address,
            ask_name=False,
            known=False,
            name="",
            button="Keep it",
        )

    async def choose(self, request: Request) -> Response:
        """Keep a new password."""
        require_own_form(request, self._rt.settings)
        password = Secret(str((await request.form()).get("password", "")))
        token = Secret(request.path_params["token"])
        try:
            await passwords.reset(self._rt, caller_of(request), token, password)
        except InvalidInput as error:
            return await self.reset(request, error)
        return self._done("Your password is changed", "Every session has ended.", "Sign in with it now.")

    def _form(self, request: Request, problem: DomainError | None, **values: Any) -> Response:
        told = None if problem is None else {"message": problem.message, "hint": problem.hint}
        status = 200 if problem is None else status_of(problem)
        action = request.url.path
        page = html_page("person.html", status=status, action=action, problem=told, **self._frame(), **values)
        # With `no-referrer` a browser sends `Origin: null` with our own form. Other origins are told nothing.
        page.headers["Referrer-Policy"] = "same-origin"
        return page

    def _said(self, error: DomainError, status: int) -> Response:
        return self._done("This did not work", error.message, error.hint, good=False, status=status)

    def _done(self, heading: str, message: str, hint: str, *, good: bool = True, status: int = 200) -> Response:
        values: dict[str, Any] = {"heading": heading, "message": message, "hint": hint, "good": good}
        return html_page("person_done.html", status=status, **self._frame(), **values)

    def _frame(self) -> dict[str, Any]:
        settings = self._rt.settings
        return {"client_name": settings.client_name, "host": urlsplit(settings.public_url).netloc}
