"""The consent page of a simulated platform: which account, which rights, Allow or Deny.

There is no password to type: whoever reaches the sandbox may be any of its accounts. The form carries a token that
must equal a cookie, so that another page cannot give consent in the user's name.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.templating import page

_COOKIE = "sandbox_csrf"


@dataclass(frozen=True, slots=True)
class Choice:
    """An account to choose."""

    value: str
    handle: str
    name: str


@dataclass(frozen=True, slots=True)
class Ticks:
    """Boxes to tick, ticked at first; each comes back as a field of its name."""

    legend: str
    boxes: Sequence[tuple[str, str]]
    """Name and label."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the page asks."""

    platform: str
    client: str
    scopes: Sequence[str]
    choices: Sequence[Choice]
    chosen: str | None
    fields: dict[str, str]
    """What the form sends back beside the decision."""
    ticks: Sequence[Ticks] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user answered."""

    allow: bool
    account: str
    fields: dict[str, str]


def consent_page(request: Request, consent: Consent) -> Response:
    """The page with its form. Browsers apply `form-action` to the redirects behind it too, which lead to the client."""
    token = request.cookies.get(_COOKIE) or secrets.token_urlsafe(24)
    values = {"consent": consent, "action": request.url.path, "csrf": token}
    response = page("consent.html", values, form_action="'self' http: https:")
    response.set_cookie(_COOKIE, token, httponly=True, samesite="lax", path=request.url.path)
    return response


def refused_page(message: str) -> Response:
    """A page for a request that must not be answered with a redirect."""
    return page("refused.html", {"message": message}, status=400)


def code_page(code: str) -> Response:
    """A page that shows the code to a user whose client cannot be redirected to."""
    return page("code.html", {"code": code})


async def read_decision(request: Request) -> Decision | None:
    """The decision of a posted form; None where its token is missing or wrong."""
    async with request.form() as sent:
        form = {name: str(value) for name, value in sent.items()}
    expected = request.cookies.get(_COOKIE, "")
    if not expected or not hmac.compare_digest(form.get("csrf", "").encode(), expected.encode()):
        return None
    return Decision(form.get("decision") == "allow", form.get("account", ""), form)
