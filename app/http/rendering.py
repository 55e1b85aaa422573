"""HTML pages from `templates/`, always escaped, always under the strict policy.

The promise: a page made here loads nothing from another host, runs no inline script, cannot be framed, and sends
its address to nobody. A template that names a variable which was not given fails instead of showing a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from app.http.assets import address

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The one template environment: escaping on for every file, missing variables are errors."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = address
    return made


def content_policy(
    *,
    connect: Iterable[str] = (),
    style_nonce: str | None = None,
    form_action: Iterable[str] = (),
    images: Iterable[str] = (),
    import_map: str | None = None,
) -> str:
    """The Content-Security-Policy of a page; the arguments are the only doors that may be opened further.

    `connect`: further origins for fetch and sockets. `style_nonce`: lets one `<style>` element with this nonce in.
    `form_action`: further origins that a form may lead to; Chromium applies this to redirects after a form as well,
    so a form whose answer redirects to a platform needs the platform's origin here. `images`: further image origins.
    `import_map`: the hash of the page's one import map. It says where modules are, and nothing in it is run; browsers
    take it from inside the page only.
    """
    style = ["'self'", *([f"'nonce-{style_nonce}'"] if style_nonce else [])]
    rules = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *([f"'{import_map}'"] if import_map else [])],
        "style-src": style,
        "img-src": ["'self'", "data:", *images],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", *connect],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *form_action],
    }
    return "; ".join(f"{rule} {' '.join(sources)}" for rule, sources in rules.items())


def html_page(template: str, *, status: int = 200, policy: str | None = None, **values: Any) -> HTMLResponse:
    """Render `templates/{template}` with `values` and answer it with the headers every page of ours has.

    `policy` is a value of `content_policy`; without one the strictest holds. Pages carry tickets and names, so
    they are never stored by a cache.
    """
    body = environment().get_template(template).render(**values)
    headers = {
        "Content-Security-Policy": policy or content_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(body, status_code=status, headers=headers)
