"""The applications that developers have made at the simulated LinkedIn: always two, one for each line of products.

A real one is made by hand in LinkedIn's developer portal, so there is nothing to register here.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.linkedin.errors import OAuthError


@dataclass(frozen=True, slots=True)
class App:
    """One application with what its products allow."""

    client_id: str
    client_secret: str
    name: str
    scopes: frozenset[str]
    refreshes: bool
    """Whether it gets refresh tokens."""


MEMBER_APP = App(
    client_id="sandbox-member",
    client_secret="sandbox-member-secret",  # noqa: S106 -- nothing is behind it
    name="POSTD",
    scopes=frozenset({"openid", "profile", "email", "w_member_social"}),
    refreshes=False,
)
"""Sign In with LinkedIn using OpenID Connect, Share on LinkedIn."""
PAGES_APP = App(
    client_id="sandbox-pages",
    client_secret="sandbox-pages-secret",  # noqa: S106 -- nothing is behind it
    name="POSTD for pages",
    scopes=frozenset({
        "r_basicprofile", "r_member_profileAnalytics", "r_member_postAnalytics", "r_member_social", "w_member_social",
        "r_organization_social", "w_organization_social", "rw_organization_admin", "r_organization_admin",
    }),
    refreshes=True,
)  # fmt: skip
"""Community Management API, with the right to read members' posts that few applications have."""
APPS = {app.client_id: app for app in (MEMBER_APP, PAGES_APP)}


def authenticate(fields: Mapping[str, str]) -> App:
    """The application that sends a form. Raises OAuthError 401."""
    app = APPS.get(fields.get("client_id", ""))
    if app is None or not hmac.compare_digest(app.client_secret.encode(), fields.get("client_secret", "").encode()):
        raise OAuthError(401, "invalid_client", "Client authentication failed")
    return app
