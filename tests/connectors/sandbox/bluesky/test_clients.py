"""Clients with a metadata document and a key of their own."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from connectors.sandbox.bluesky.clients import ASSERTION_TYPE, Clients
from connectors.sandbox.bluesky.errors import OAuthError
from connectors.sandbox.world import World

ISSUER = "http://127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class Site:
    """A site on this machine with the metadata document of one client."""

    client_id: str
    key: ECKey

    def assertion(self, **claims: Any) -> dict[str, str]:
        """The fields with which the client proves itself."""
        body = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "iat": int(time.time())}
        body |= {"jti": secrets.token_urlsafe(8), **claims}
        header = {"alg": "ES256", "kid": "k1"}
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(header, body, self.key),
        }


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    key = ECKey.generate_key("P-256", {"kid": "k1"})

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        document = {
            "client_id": client_id,
            "client_name": "A client",
            "redirect_uris": ["http://127.0.0.1:9/callback"],
            "scope": "atproto transition:generic",
            "token_endpoint_auth_method": "private_key_jwt",
            "dpop_bound_access_tokens": True,
            "jwks": {"keys": [key.as_dict(private=False)]},
        }
        body = orjson.dumps(document)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client_id = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/client-metadata.json"
    async with server:
        yield Site(client_id, key)


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    world = World(tmp_path / "world")
    yield Clients(world)
    world.close()


async def test_a_confidential_client_proves_itself_with_its_key(clients: Clients, site: Site) -> None:
    client = await clients.authenticate(site.assertion(), ISSUER)
    assert (client.confidential, client.name) == (True, "A client")


@pytest.mark.parametrize("claims", [{"aud": "https://other.example"}, {"iss": "x"}, {"iat": 1}, {"jti": ""}])
async def test_an_assertion_with_wrong_claims_is_refused(clients: Clients, site: Site, claims: dict[str, Any]) -> None:
    with pytest.raises(OAuthError) as caught:
        await clients.authenticate(site.assertion(**claims), ISSUER)
    assert (caught.value.error, caught.value.status) == ("invalid_client", 401)


async def test_an_assertion_is_good_once(clients: Clients, site: Site) -> None:
    fields = site.assertion()
    await clients.authenticate(fields, ISSUER)
    with pytest.raises(OAuthError, match="replayed"):
        await clients.authenticate(fields, ISSUER)


async def test_a_confidential_client_without_an_assertion_is_refused(clients: Clients, site: Site) -> None:
    with pytest.raises(OAuthError, match="client_assertion required"):
        await clients.authenticate({"client_id": site.client_id}, ISSUER)


async def test_a_document_elsewhere_is_never_fetched(clients: Clients) -> None:
    with pytest.raises(OAuthError, match="only knows clients on this machine"):
        await clients.find("https://app.example/client-metadata.json")


async def test_a_development_client_may_use_any_port_of_its_redirect(clients: Clients) -> None:
    client = await clients.find("http://localhost?redirect_uri=http://127.0.0.1/cb&scope=atproto")
    assert client.may_redirect_to("http://127.0.0.1:5173/cb")
    assert not client.may_redirect_to("http://127.0.0.1:5173/other")
    assert client.scopes == {"atproto"}
