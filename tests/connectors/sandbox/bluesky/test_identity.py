"""Handles, DIDs and the directory."""

from __future__ import annotations

import httpx2

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import BlueskyClient


async def test_a_handle_leads_to_the_data_server_and_back(
    sandbox: Sandbox, http: httpx2.AsyncClient, alice: BlueskyClient
) -> None:
    resolved = await alice.get("com.atproto.identity.resolveHandle", handle="alice.test")
    assert resolved.json() == {"did": alice.did}
    document = (await http.get(f"{sandbox.bluesky_url}/{alice.did}")).json()
    assert document["id"] == alice.did
    assert document["alsoKnownAs"] == ["at://alice.test"]
    assert document["service"] == [
        {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": sandbox.bluesky_url}
    ]


async def test_the_handles_own_host_tells_the_did(
    sandbox: Sandbox, http: httpx2.AsyncClient, alice: BlueskyClient
) -> None:
    url = f"{sandbox.bluesky_url}/.well-known/atproto-did"
    known = await http.get(url, headers={"host": "alice.test"})
    unknown = await http.get(url, headers={"host": "nobody.test"})
    assert (known.status_code, known.text) == (200, alice.did)
    assert unknown.status_code == 404


async def test_unknown_handles_and_dids_are_refused(sandbox: Sandbox, http: httpx2.AsyncClient) -> None:
    handle = await http.get(f"{sandbox.bluesky_url}/xrpc/com.atproto.identity.resolveHandle?handle=nobody.test")
    did = await http.get(f"{sandbox.bluesky_url}/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
    assert (handle.status_code, handle.json()["error"]) == (400, "InvalidRequest")
    assert (did.status_code, did.json()) == (404, {"message": "DID not registered: did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"})
