"""What we keep of an account: name, picture, permalink, and the limits of the server that holds it."""

from __future__ import annotations

from typing import Any

from connectors.bluesky import xrpc
from connectors.bluesky.capabilities import MAX_IMAGE_BYTES, MAX_RECORD_VIDEO_BYTES
from connectors.bluesky.identity import Identity
from connectors.contract import Account, Context
from connectors.faults import PlatformFault


async def account_of(cx: Context, identity: Identity) -> Account:
    """The account as it is shown. Asks the account's own server, without a token."""
    profile = await _optional(
        cx,
        identity.pds,
        "com.atproto.repo.getRecord",
        {"repo": identity.did, "collection": "app.bsky.actor.profile", "rkey": "self"},
    )
    server = await _optional(cx, identity.pds, "com.atproto.server.describeServer", {})
    value = profile.get("value")
    shown = value if isinstance(value, dict) else {}
    name = shown.get("displayName")
    return Account(
        external_id=identity.did,
        handle=identity.handle,
        name=name if isinstance(name, str) and name.strip() else identity.handle,
        server=identity.pds,
        url=profile_url(identity.did),
        avatar_url=_avatar(identity, shown.get("avatar")),
        limits=_limits(server.get("blobUploadLimit")),
    )


def profile_url(did: str) -> str:
    """Where people see the account; it outlives a change of the handle."""
    return f"https://bsky.app/profile/{did}"


async def _optional(cx: Context, server: str, nsid: str, params: dict[str, str]) -> dict[str, Any]:
    try:
        return xrpc.body(await xrpc.read(cx, server, nsid, params))
    except PlatformFault:
        # Nobody has to have a profile, and old servers state no limits. A login that has succeeded is not thrown
        # away (its code works only once) because a decoration of it could not be read.
        return {}


def _avatar(identity: Identity, blob: Any) -> str | None:
    ref = blob.get("ref") if isinstance(blob, dict) else None
    cid = ref.get("$link") if isinstance(ref, dict) else None
    if not isinstance(cid, str) or not cid.isalnum():
        return None
    return f"{identity.pds}/xrpc/com.atproto.sync.getBlob?did={identity.did}&cid={cid}"


def _limits(blob_limit: Any) -> dict[str, int]:
    """What the server takes in one upload, as limits of the formats; only what differs from the declared ones."""
    if not isinstance(blob_limit, int) or blob_limit <= 0:
        return {}
    limits = {"video.bytes": min(blob_limit, MAX_RECORD_VIDEO_BYTES)}
    if blob_limit < MAX_IMAGE_BYTES:
        limits["image.bytes"] = blob_limit
    return limits
