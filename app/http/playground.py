"""The playground: GraphiQL at `/graphql` for browsers, from our own files.

The promise: the page needs no other network than this server, and its policy lets the browser reach none. The key
that a visitor types stays in that browser tab; this page never sees it.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute

from app.http import assets
from app.http.rendering import content_policy, html_page
from app.kernel.settings import Settings

VENDORED = {
    "react": "vendor/react-18.3.1/react.production.min.js",
    "react_dom": "vendor/react-dom-18.3.1/react-dom.production.min.js",
    "graphql_ws": "vendor/graphql-ws-6.4.2/graphql-ws.min.js",
    "graphiql": "vendor/graphiql-4.1.2/graphiql.min.js",
    "graphiql_css": "vendor/graphiql-4.1.2/graphiql.min.css",
}
"""Name in the template -> file under `static/`. The order of the scripts is the template's."""


def wants_page(accept: str) -> bool:
    """Whether an Accept header is a browser's that opens a page, and not a GraphQL client's."""
    offered = {offer.split(";")[0].strip().lower() for offer in accept.split(",")}
    return "text/html" in offered or "application/xhtml+xml" in offered


def own_sockets(public_url: str) -> tuple[str, ...]:
    """The address of our own sockets for the policy.

    Browsers of today count sockets of the same host as 'self'; older ones need them named. The host comes from
    the settings, never from the Host header.
    """
    parts = urlsplit(public_url)
    return (f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}",)


def page(settings: Settings) -> Response:
    """The playground's page, for `GET /graphql` with `Accept: text/html`.

    GraphiQL's dialogs add one `<style>` element of their own (it keeps the page behind a dialog from scrolling).
    It is let in by a nonce that is new in every answer; inline styles in general stay refused.
    """
    nonce = secrets.token_urlsafe(16)
    return html_page(
        "playground.html",
        policy=content_policy(connect=own_sockets(settings.public_url), style_nonce=nonce),
        vendored={name: assets.address(file) for name, file in VENDORED.items()},
        nonce=nonce,
        public_schema=settings.public_schema,
    )


def routes(settings: Settings) -> list[BaseRoute]:
    """The files of all our pages; those of the playground only while it is switched on."""
    own = ("playground/", *(f"{file.rpartition('/')[0]}/" for file in VENDORED.values()))
    return assets.routes(without=() if settings.playground else own)
