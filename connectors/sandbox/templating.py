"""The sandbox's few HTML pages: autoescaped templates, one style sheet, and a strict content security policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action {form_action}"
)


def page(name: str, values: Mapping[str, Any], *, status: int = 200, form_action: str = "'self'") -> HTMLResponse:
    """Render a template. `form_action` widens where a form, and every redirect that follows it, may lead."""
    headers = {
        "content-security-policy": _POLICY.format(form_action=form_action),
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(_TEMPLATES.get_template(name).render(values), status, headers)


def static_routes() -> list[BaseRoute]:
    """The style sheet, the script that keeps the ledger page fresh, and an icon that says there is none."""
    return [Route("/_ledger/static/{name}", _static), Route("/favicon.ico", _no_icon)]


_STATIC = {"sandbox.css": "text/css", "ledger.js": "text/javascript"}


async def _no_icon(_request: Request) -> Response:
    return Response(status_code=204)


async def _static(request: Request) -> Response:
    mime = _STATIC.get(request.path_params["name"])
    if mime is None:
        return Response(status_code=404)
    content = (_HERE / "static" / request.path_params["name"]).read_bytes()
    return Response(content, media_type=mime, headers={"x-content-type-options": "nosniff"})
