"""Our client as a document: who we are, at servers that know clients by the address of their metadata.

The client id is the address of a JSON document of ours (OAuth client id metadata documents; AT Protocol OAuth, section
"Clients"). In development our address is not reachable from there, and the client id is a special one on `localhost`
that carries its own settings. Pure functions; the application serves what they give.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

METADATA_PATH: Final = "/oauth/client-metadata.json"
JWKS_PATH: Final = "/oauth/jwks.json"


def is_loopback(public_url: str) -> bool:
    """Whether our own origin is this machine only, which means development."""
    host = urlsplit(public_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def redirect_uri(public_url: str, path: str) -> str:
    """A redirect address of ours. Development uses the IP address: `localhost` is refused there (RFC 8252 §8.3)."""
    parts = urlsplit(public_url)
    if is_loopback(public_url) and ":" not in (parts.hostname or ""):
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://127.0.0.1{port}{path}"
    return f"{public_url.rstrip('/')}{path}"


def client_id(public_url: str, redirect_uris: Sequence[str], scopes: Sequence[str]) -> str:
    """The id of our client: the address of its metadata, or the self-contained one for development."""
    if not is_loopback(public_url):
        return f"{public_url.rstrip('/')}{METADATA_PATH}"
    settings = [("redirect_uri", uri) for uri in redirect_uris] + [("scope", " ".join(scopes))]
    return f"http://localhost?{urlencode(settings)}"


def client_metadata(
    public_url: str, client_name: str, redirect_uris: Sequence[str], scopes: Sequence[str], *, confidential: bool
) -> dict[str, Any]:
    """The document at `METADATA_PATH`. A confidential client proves itself with a key from `JWKS_PATH`."""
    origin = public_url.rstrip("/")
    document: dict[str, Any] = {
        "client_id": client_id(public_url, redirect_uris, scopes),
        "application_type": "web",
        "client_name": client_name,
        "client_uri": origin,
        "redirect_uris": list(redirect_uris),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": " ".join(scopes),
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": True,
    }
    if confidential:
        document |= {
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks_uri": f"{origin}{JWKS_PATH}",
        }
    return document
