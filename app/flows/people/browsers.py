"""A browser's session: the cookie's name, and the proof that a request comes from a page of ours.

A browser sends its cookie with every request to us, whoever's page made it. So a cookie counts only together with a
word that other sites' pages cannot write: `Sec-Fetch-Site: same-origin`, which browsers set themselves, or the header
`X-Postd-Client`, which a page of another origin cannot add without our permission. A socket's upgrade carries neither
for certain; there the Origin header must name this very server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import urlsplit

from app.kernel.errors import DomainError
from app.kernel.settings import Settings
from connectors.secret import Secret

SECURE_NAME: Final = "__Host-postd"
"""Browsers take a name with this prefix only from us: Secure, without a domain, for the whole host."""
PLAIN_NAME: Final = "postd-session"
"""In development over plain http, where a Secure cookie would not come back."""
CLIENT: Final = "x-postd-client"


class ForeignPage(DomainError):
    """A cookie came along, and nothing proves that a page of ours sent it. Nothing was done."""

    code: ClassVar[str] = "FOREIGN_PAGE"

    def __init__(self) -> None:
        super().__init__(
            "Nothing proves that this request comes from this server's own page.",
            hint="Send the header X-Postd-Client, or a key or token in Authorization in place of the cookie.",
        )


def secure(settings: Settings) -> bool:
    """Whether browsers reach us by https."""
    return urlsplit(settings.public_url).scheme == "https"


def cookie_name(settings: Settings) -> str:
    """The cookie's name in this installation."""
    return SECURE_NAME if secure(settings) else PLAIN_NAME


def credential_of(cookies: Mapping[str, str], settings: Settings) -> Secret | None:
    """What the browser's cookie presents, as `identify` takes it; None without one."""
    value = cookies.get(cookie_name(settings), "")
    return Secret(f"Cookie {value}") if value else None


def require_own_page(headers: Mapping[str, str]) -> None:
    """Refuse a request that another site's page may have made.

    Raises:
        ForeignPage: nothing proves that it comes from ours.
    """
    if headers.get("sec-fetch-site") != "same-origin" and CLIENT not in headers:
        raise ForeignPage


def opened_here(headers: Mapping[str, str], settings: Settings) -> bool:
    """Whether a socket was opened by a page of this very server."""
    origin = headers.get("origin", "")
    # The host that the browser asked for is as true as its Origin header; a proxy may have changed it.
    return origin == settings.public_url or (bool(origin) and urlsplit(origin).netloc == headers.get("host"))
