from __future__ import annotations

from uuid import UUID

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.domain.connections.flow_model import OAuthFlow
from app.http.same_browser import ForeignForm, Tie, require_own_form, tie, tied
from app.kernel.settings import Settings

FLOW = OAuthFlow(id=UUID("0199c0de-0000-7000-8000-123456789abc"))
HTTPS = Settings(_env_file=None, public_url="https://postd.example")


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": pairs, "query_string": b""})


def test_over_https_the_cookie_is_bound_to_the_host() -> None:
    response = Response()
    tie(response, FLOW, HTTPS, Tie("ticket", "browser"))
    assert response.headers["set-cookie"] == (
        "__Host-flow-123456789abc=ticket.browser; HttpOnly; Max-Age=900; Path=/; SameSite=lax; Secure"
    )


def test_the_cookie_is_read_back() -> None:
    assert tied(request(cookie="__Host-flow-123456789abc=a.b"), FLOW, HTTPS) == Tie("a", "b")


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "__Host-flow=a.b",
        "postd-flow-123456789abc=a.b",
        "__Host-flow-123456789abc=ab",
        "__Host-flow-123456789abc=.b",
    ],
)
def test_other_cookies_are_none(cookie: str) -> None:
    assert tied(request(cookie=cookie), FLOW, HTTPS) is None


def test_a_form_of_ours_passes() -> None:
    require_own_form(request(sec_fetch_site="same-origin"), HTTPS)
    require_own_form(request(origin="https://postd.example"), HTTPS)


def test_what_the_browser_says_of_the_site_counts_more_than_the_origin() -> None:
    with pytest.raises(ForeignForm):
        require_own_form(request(sec_fetch_site="cross-site", origin="https://postd.example"), HTTPS)
