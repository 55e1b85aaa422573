"""Blobs and references to them."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2
import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import BlueskyClient, Control, png


def embed(blob: dict[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": [{"alt": "A red square", "image": blob}]}


async def test_a_picture_is_uploaded_posted_and_shown(
    sandbox: Sandbox, http: httpx2.AsyncClient, alice: BlueskyClient, control: Control
) -> None:
    content = png()
    blob = await alice.upload(content, "image/png")
    assert (blob["mimeType"], blob["size"]) == ("image/png", len(content))
    assert (await alice.put(embed=embed(blob))).status_code == 200
    (post,) = (await control.ask("GET", "/ledger"))["posts"]
    sha256 = hashlib.sha256(content).hexdigest()
    assert post["media"] == [{"sha256": sha256, "mime": "image/png", "size": len(content), "alt": "A red square"}]
    shown = await http.get(f"{sandbox.bluesky_url}/_ledger/media/{sha256}")
    assert (shown.content, shown.headers["content-type"]) == (content, "image/png")


async def test_the_server_believes_the_bytes_more_than_the_header(alice: BlueskyClient) -> None:
    assert (await alice.upload(png(), "image/jpeg"))["mimeType"] == "image/png"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mimeType": "image/jpeg"}, "InvalidMimeType"),
        ({"size": 1}, "InvalidSize"),
        ({"ref": {"$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}}, "BlobNotFound"),
    ],
)
async def test_a_reference_to_something_else_is_refused(
    alice: BlueskyClient, control: Control, change: dict[str, Any], error: str
) -> None:
    blob = await alice.upload(png(), "image/png")
    answer = await alice.put(embed=embed(blob | change))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await control.texts("bluesky") == []


async def test_another_accounts_blob_is_not_found(
    sandbox: Sandbox, http: httpx2.AsyncClient, alice: BlueskyClient
) -> None:
    other = BlueskyClient(http, sandbox.bluesky_url)
    await other.log_in("bakery.test", "bakery-test-app-pass")
    blob = await other.upload(png(), "image/png")
    assert (await alice.put(embed=embed(blob))).json()["error"] == "BlobNotFound"
