"""OAuth clients of the authorization server: who they are and how they prove it.

A client is named by the address of its metadata document. Two kinds are known: `http://localhost?...` for development,
whose metadata stands in the address itself, and a document on this machine, which is fetched. Documents elsewhere are
never fetched. Source: atproto.com/specs/oauth, "Clients".
"""

from __future__ import annotations

import asyncio
import http.client
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connectors.sandbox.bluesky.errors import OAuthError
from connectors.sandbox.world import World

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FETCH_SECONDS = 5.0
LARGEST_DOCUMENT = 65_536  # bytes
_USED_ASSERTIONS = "bluesky.used_assertions"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its metadata describes it."""

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    auth_method: str = "none"
    keys: tuple[dict[str, Any], ...] = ()

    @property
    def confidential(self) -> bool:
        """Whether it has to prove itself with a key."""
        return self.auth_method == "private_key_jwt"

    def may_redirect_to(self, uri: str) -> bool:
        """Whether the address is registered; on loopback addresses of a development client the port may differ."""
        if uri in self.redirect_uris:
            return True
        return self.id.startswith("http://localhost") and _without_port(uri) in map(_without_port, self.redirect_uris)


class Clients:
    """Finds clients and checks their proofs."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def find(self, client_id: str) -> Client:
        """The client. Raises OAuthError where it is not known or its metadata does not fit."""
        parts = urlsplit(client_id)
        if parts.scheme == "http" and parts.netloc == "localhost" and parts.path in ("", "/") and not parts.fragment:
            return _development_client(client_id, parts.query)
        if parts.hostname not in LOOPBACK or parts.scheme not in ("http", "https"):
            raise OAuthError("invalid_client_metadata", "The sandbox only knows clients on this machine")
        document = await _fetch(client_id)
        if document.get("client_id") != client_id:
            raise OAuthError("invalid_client_metadata", "client_id does not match the address of the document")
        if document.get("dpop_bound_access_tokens") is not True:
            raise OAuthError("invalid_client_metadata", "dpop_bound_access_tokens must be true")
        keys = document.get("jwks") or (await _fetch(document["jwks_uri"]) if "jwks_uri" in document else {})
        return Client(
            id=client_id,
            name=str(document.get("client_name", client_id)),
            redirect_uris=tuple(document.get("redirect_uris", ())),
            scopes=frozenset(str(document.get("scope", "")).split()),
            auth_method=str(document.get("token_endpoint_auth_method", "none")),
            keys=tuple(keys.get("keys", ())),
        )

    async def authenticate(self, form: dict[str, str], issuer: str) -> Client:
        """The client of a back-channel request, with its proof checked. Raises OAuthError."""
        client = await self.find(form.get("client_id", ""))
        if not client.confidential:
            return client
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_client", "client_assertion required", 401)
        try:
            keys = KeySet.import_key_set({"keys": list(client.keys)})
            claims = jwt.decode(form.get("client_assertion", ""), keys, algorithms=["ES256"]).claims
        except (JoseError, ValueError) as error:
            raise OAuthError(
                "invalid_client", f"client_assertion cannot be verified ({type(error).__name__})", 401
            ) from None
        now = self._world.now().timestamp()
        audience = claims.get("aud")
        fresh = isinstance(claims.get("iat"), int | float) and now - 300 <= claims["iat"] <= now + 60
        named = claims.get("iss") == claims.get("sub") == client.id
        if not (named and issuer in (audience if isinstance(audience, list) else [audience]) and fresh):
            raise OAuthError("invalid_client", "client_assertion has wrong claims", 401)
        jti = str(claims.get("jti", ""))
        if not jti or self._world.tables.get(_USED_ASSERTIONS, jti) is not None:
            raise OAuthError("invalid_client", "client_assertion replayed", 401)
        self._world.tables.put(_USED_ASSERTIONS, jti, {})
        return client


def _development_client(client_id: str, query: str) -> Client:
    fields = parse_qs(query)
    redirects = tuple(fields.get("redirect_uri", ("http://127.0.0.1/", "http://[::1]/")))
    if any(urlsplit(uri).hostname not in ("127.0.0.1", "::1") for uri in redirects):
        raise OAuthError("invalid_client_metadata", "A development client redirects to 127.0.0.1 or [::1]")
    return Client(
        client_id, "Development client", redirects, frozenset(" ".join(fields.get("scope", ["atproto"])).split())
    )


async def _fetch(url: str) -> dict[str, Any]:
    """A JSON document on this machine."""
    if urlsplit(url).hostname not in LOOPBACK:
        raise OAuthError("invalid_client_metadata", "The sandbox only fetches documents on this machine")
    try:
        document = orjson.loads(await asyncio.to_thread(_get, url))
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
        raise OAuthError("invalid_client_metadata", f"{url} cannot be read ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise OAuthError("invalid_client_metadata", f"{url} is not a JSON object")
    return document


def _get(url: str) -> bytes:
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        # A certificate of this machine has no authority behind it; nothing but this machine is asked.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001 -- as said above
        connection = http.client.HTTPSConnection(parts.netloc, timeout=FETCH_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=FETCH_SECONDS)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(f"status {answer.status}")
        return answer.read(LARGEST_DOCUMENT)
    finally:
        connection.close()


def _without_port(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.hostname or "").geturl()
