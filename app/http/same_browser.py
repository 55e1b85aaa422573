"""What ties a connect flow to the browser that began it: a cookie of its own, and forms from our own pages only.

The cookie holds two secrets of the flow: the ticket, so that the callback can lead back to the ticket's page and the
platform's code leaves the address bar; and the browser's own secret, which no link carries. Each flow has its own
cookie, so that two accounts can be connected in two tabs at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.domain.connections.flow_model import OAuthFlow
from app.flows.connections.tickets import LIFE
from app.kernel.errors import DomainError
from app.kernel.settings import Settings

SECURE_NAME: Final = "__Host-flow"
"""Browsers take a name with this prefix only from us: Secure, without a domain, for the whole host."""
PLAIN_NAME: Final = "postd-flow"
"""In development over plain http, where a Secure cookie would not come back."""


class ForeignForm(DomainError):
    """The form did not come from a page of ours. Nothing was done."""

    code = "FOREIGN_FORM"

    def __init__(self) -> None:
        super().__init__("This form did not come from this server's own page.", hint="Open the link again.")


@dataclass(frozen=True, slots=True)
class Tie:
    """The two secrets."""

    ticket: str
    browser: str


def tied(request: Request, flow: OAuthFlow, settings: Settings) -> Tie | None:
    """The cookie of this flow, where this browser has it. Whether it is the right one, the flow's hash tells."""
    ticket, dot, browser = request.cookies.get(_name(flow, settings), "").partition(".")
    return Tie(ticket, browser) if dot and ticket and browser else None


def tie(response: Response, flow: OAuthFlow, settings: Settings, value: Tie) -> None:
    """Give this browser the cookie, for the life of a ticket."""
    response.set_cookie(
        _name(flow, settings),
        f"{value.ticket}.{value.browser}",
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=_secure(settings),
        httponly=True,
        samesite="lax",  # the callback is a navigation that comes from the platform's site
    )


def require_own_form(request: Request, settings: Settings) -> None:
    """Refuse a POST that another site's page made.

    Raises:
        ForeignForm: the browser says that it came from elsewhere, or does not say where from.
    """
    site = request.headers.get("sec-fetch-site")
    # Browsers before 2023, and any over plain http that is not loopback, say it by Origin only.
    if not (request.headers.get("origin") == settings.public_url if site is None else site == "same-origin"):
        raise ForeignForm


def _secure(settings: Settings) -> bool:
    return urlsplit(settings.public_url).scheme == "https"


def _name(flow: OAuthFlow, settings: Settings) -> str:
    return f"{SECURE_NAME if _secure(settings) else PLAIN_NAME}-{flow.id.hex[-12:]}"
