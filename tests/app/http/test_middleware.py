"""What stands around every request."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from structlog.testing import capture_logs

from app.http.middleware import LARGEST_BODY, logged_path, stack
from app.kernel.settings import Environment, Settings

PRODUCTION = Settings(_env_file=None, public_url="https://postd.example")
DEVELOPMENT = Settings(_env_file=None, environment=Environment.DEVELOPMENT)
BASIC = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "frame-ancestors 'none'",
    "x-frame-options": "DENY",
}


async def fine(request: Request) -> Response:
    structlog.get_logger("tests").info("seen", id=request.state.request_id)
    return PlainTextResponse(str(len(await request.body())))


async def own_policy(_request: Request) -> Response:
    return PlainTextResponse(
        "", headers={"Content-Security-Policy": "default-src 'self'", "Referrer-Policy": "same-origin"}
    )


async def broken(_request: Request) -> Response:
    raise RuntimeError("the-inside-of-it")


ROUTES: list[BaseRoute] = [
    Route("/fine/{word}", fine, methods=["GET", "POST"]),
    Route("/livez", fine),
    Route("/own", own_policy),
    Route("/broken", broken),
]


async def ask(path: str, settings: Settings = DEVELOPMENT, method: str = "GET", **more: Any) -> httpx2.Response:
    app = Starlette(routes=ROUTES, middleware=stack(settings))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://postd.example") as http:
        return await http.request(method, path, **more)


@pytest.mark.parametrize("path", ["/fine/x", "/nothing/here", "/broken"])
async def test_every_answer_protects_the_browser(path: str) -> None:
    headers = (await ask(path)).headers
    assert {name: headers[name] for name in BASIC} == BASIC
    assert "strict-transport-security" not in headers


async def test_production_says_https_only() -> None:
    assert (await ask("/fine/x", PRODUCTION)).headers["strict-transport-security"] == "max-age=31536000"


async def test_a_page_may_say_otherwise() -> None:
    headers = (await ask("/own")).headers
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("given", ["0199c0de-0000-7000", "a.b_c-d1"])
async def test_a_sane_id_is_taken_over(given: str) -> None:
    assert (await ask("/fine/x", headers={"X-Request-Id": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", 'quote"inside', "é-é-é-é-é"])
async def test_an_odd_id_is_replaced(given: str) -> None:
    answer = await ask("/fine/x", headers={"X-Request-Id": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_one_line_a_request_and_the_id_on_every_line() -> None:
    bound = [structlog.contextvars.merge_contextvars]
    with capture_logs(processors=bound) as lines:
        answer = await ask("/fine/word?token=secret")
    request_id = answer.headers["x-request-id"]
    assert [line["event"] for line in lines] == ["seen", "http.request"]
    assert {line["request_id"] for line in lines} == {request_id}
    assert lines[0]["id"] == request_id
    line = lines[1]
    assert (line["method"], line["path"], line["status"], line["log_level"]) == ("GET", "/fine/{word}", 200, "info")
    assert isinstance(line["ms"], float)


async def test_probes_are_quiet() -> None:
    with capture_logs() as lines:
        await ask("/livez")
    assert lines[-1]["log_level"] == "debug"


async def test_a_failure_is_answered_without_its_inside() -> None:
    with capture_logs() as lines:
        answer = await ask("/broken")
    assert answer.status_code == 500
    body = answer.json()
    assert body["code"] == "INTERNAL"
    assert answer.headers["x-request-id"] in body["hint"]
    assert "the-inside-of-it" not in answer.text
    assert [(line["event"], line.get("status")) for line in lines] == [("http.failed", None), ("http.request", 500)]
    assert lines[0]["exc_info"]


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
async def test_a_body_has_a_largest_size(size: int, status: int) -> None:
    answer = await ask("/fine/x", method="POST", content=bytes(size))
    assert answer.status_code == status
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_other_addresses_stay_closed_to_other_origins() -> None:
    settings = DEVELOPMENT.model_copy(update={"allowed_origins": ("https://planner.example",)})
    asked = {"Origin": "https://planner.example", "Access-Control-Request-Method": "POST"}
    answer = await ask("/fine/x", settings, "OPTIONS", headers=asked)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("scope", "logged"),
    [
        ({"path": "/connect/abc/accounts", "path_params": {"ticket": "abc"}}, "/connect/{ticket}/accounts"),
        ({"path": f"/connect/{'t' * 43}/elsewhere"}, "/connect/…/elsewhere"),
        ({"path": "/static/pages.css", "path_params": {"name": "pages.css"}}, "/static/{name}"),
        ({"path": "/favicon.ico"}, "/favicon.ico"),
    ],
)
def test_a_path_is_logged_without_what_it_opens(scope: dict[str, Any], logged: str) -> None:
    assert logged_path(scope) == logged
