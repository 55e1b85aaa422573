"""The hosts that one server plays, and the applications that are known there."""

from __future__ import annotations

from typing import Final, NamedTuple

GRAPH: Final = "graph.facebook.com"
DIALOG: Final = "www.facebook.com"
UPLOADS: Final = "rupload.facebook.com"
INSTAGRAM_GRAPH: Final = "graph.instagram.com"
INSTAGRAM_DIALOG: Final = "www.instagram.com"
INSTAGRAM_LOGIN: Final = "api.instagram.com"
HOSTS: Final = (GRAPH, DIALOG, UPLOADS, INSTAGRAM_GRAPH, INSTAGRAM_DIALOG, INSTAGRAM_LOGIN)
FACEBOOK: Final = "facebook"
INSTAGRAM: Final = "instagram"


class App(NamedTuple):
    """An application of a developer's."""

    client_id: str
    secret: str


META_APP: Final = App("7000000000000001", "meta-sandbox-app-secret-5f2c9a")
INSTAGRAM_APP: Final = App("7000000000000002", "instagram-sandbox-app-secret-b81d04")
VERIFY_TOKEN: Final = "sandbox-verify-token"  # noqa: S105 -- nothing is behind it
"""What an installation beside the sandbox lets Meta repeat, so that webhooks are set up there."""


def apps() -> dict[str, dict[str, str]]:
    """The applications that are known there: what `POSTD_APPS` takes."""
    known = {"meta": META_APP, "instagram": INSTAGRAM_APP}
    return {
        name: {"client_id": app.client_id, "client_secret": app.secret, "verify_token": VERIFY_TOKEN}
        for name, app in known.items()
    }


def endpoints(base: str) -> dict[str, str]:
    """Where each documented origin is found on the server at `base`: what `POSTD_ENDPOINTS` takes."""
    return {f"https://{host}": f"{base}/{host}" for host in HOSTS}
