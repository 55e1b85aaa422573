from __future__ import annotations

from typing import Any

import pytest

from connectors.bluesky.account import account_of
from connectors.bluesky.identity import Identity
from connectors.contract import Account
from tests.connectors.bluesky.server import BlueskyHarness

PROFILE = "/xrpc/com.atproto.repo.getRecord"
SERVER = "/xrpc/com.atproto.server.describeServer"
DID = "did:plc:abc"


async def account(harness: BlueskyHarness, path: str, body: Any) -> Account:
    await harness.fault(kind="wrong_json", path=path, body=body)
    return await account_of(harness.context(), Identity(DID, "alice.test", harness.url))


async def test_name_and_picture_come_from_the_profile(harness: BlueskyHarness) -> None:
    avatar = {"$type": "blob", "ref": {"$link": "bafkavatar"}, "mimeType": "image/png", "size": 1}
    found = await account(harness, PROFILE, {"uri": "at://x", "value": {"displayName": "Alice", "avatar": avatar}})
    assert found.name == "Alice"
    assert found.avatar_url == f"{harness.url}/xrpc/com.atproto.sync.getBlob?did={DID}&cid=bafkavatar"


@pytest.mark.parametrize("value", [{"displayName": " "}, {"displayName": 5}, [], None])
async def test_without_a_usable_name_the_handle_is_shown(harness: BlueskyHarness, value: Any) -> None:
    found = await account(harness, PROFILE, {"value": value})
    assert (found.name, found.avatar_url) == ("alice.test", None)


async def test_a_profile_cannot_smuggle_an_address_in(harness: BlueskyHarness) -> None:
    avatar = {"ref": {"$link": "x&did=did:plc:other"}}
    assert (await account(harness, PROFILE, {"value": {"avatar": avatar}})).avatar_url is None


@pytest.mark.parametrize(
    ("limit", "limits"),
    [
        (5_242_880, {"video.bytes": 5_242_880}),
        (500_000, {"video.bytes": 500_000, "image.bytes": 500_000}),
        (500_000_000, {"video.bytes": 100_000_000}),
        (None, {}),
        (0, {}),
        ("many", {}),
    ],
)
async def test_the_servers_limit_of_an_upload_narrows_the_formats(
    harness: BlueskyHarness, limit: Any, limits: dict[str, int]
) -> None:
    assert (await account(harness, SERVER, {"blobUploadLimit": limit})).limits == limits


async def test_an_account_is_usable_though_nothing_can_be_read_about_it(harness: BlueskyHarness) -> None:
    await harness.fault(kind="status", status=503, path=PROFILE)
    await harness.fault(kind="status", status=503, path=SERVER)
    found = await account_of(harness.context(), Identity(DID, "alice.test", harness.url))
    assert found == Account(DID, "alice.test", "alice.test", harness.url, url=f"https://bsky.app/profile/{DID}")
