"""Finds the server that holds an account: handle -> DID -> DID document -> server (PDS), and back again.

Every step's address comes from a user or from somebody else's answer, so each call goes through the guarded
transport, and nothing is believed before both directions agree: the handle leads to the DID, and the DID's own
document names the handle. https://atproto.com/specs/handle, https://atproto.com/specs/did
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from connectors.bluesky.faults import not_possible, refusal, unexpected
from connectors.bluesky.names import UNKNOWN_HANDLE, cleaned, is_did, is_handle, may_have_host, origin
from connectors.contract import Context
from connectors.faults import FaultKind, PlatformFault
from connectors.transport import Answer

_LOOKUP_SECONDS = 5.0
_DOCUMENT_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Identity:
    """An account with its proved handle and the server that holds it."""

    did: str
    handle: str
    """`handle.invalid` where the account's handle does not lead back to it."""
    pds: str
    """Origin of the server."""


@dataclass(frozen=True, slots=True)
class DidDocument:
    """What a DID says about itself."""

    did: str
    handles: tuple[str, ...]
    """Claimed, in lower case; not proved."""
    pds: str


async def identify(cx: Context, identifier: str, service: str | None = None) -> Identity:
    """The account behind a handle or a DID.

    `service` is the origin of a server that the user names: it is then asked for the handle, which makes servers
    work that are not on the public network. Raises a fault with a sentence for the user where nothing is found.
    """
    name = cleaned(identifier)
    if is_did(name):
        return await identify_did(cx, name, service)
    if not is_handle(name):
        raise not_possible(
            FaultKind.NOT_FOUND,
            "This is neither a handle nor a DID.",
            "Give the handle as Bluesky shows it, e.g. alice.bsky.social.",
        )
    document = await describe(cx, await resolve_handle(cx, name, service))
    if name not in document.handles:
        raise not_possible(
            FaultKind.NOT_FOUND,
            "The handle leads to an account that does not carry this handle.",
            "Look up the handle in Bluesky under Settings, Account, or give the account's DID.",
        )
    return Identity(document.did, name, document.pds)


async def identify_did(cx: Context, did: str, service: str | None = None) -> Identity:
    """The account with this DID, and its handle if that leads back to it."""
    document = await describe(cx, did)
    for handle in document.handles[:1]:
        # A name that the public network cannot know is known to the account's own server, if to anybody.
        asked = (service,) if service or may_have_host(handle) else (document.pds, None)
        for resolver in asked:
            try:
                proved = await resolve_handle(cx, handle, resolver) == did
            except PlatformFault:
                # A handle is for showing only: an account with a broken one can be used all the same.
                continue
            return Identity(did, handle if proved else UNKNOWN_HANDLE, document.pds)
    return Identity(did, UNKNOWN_HANDLE, document.pds)


async def resolve_handle(cx: Context, handle: str, service: str | None = None) -> str:
    """The DID that a handle leads to: asked of the handle's own host first, then of a resolver.

    Where the user named a server, only that one is asked. Raises a fault (`NOT_FOUND`) where nobody knows it.
    """
    if service is None and may_have_host(handle):
        did = await _from_own_host(cx, handle)
        if did is not None:
            return did
    try:
        answer = await _asked(cx, service or cx.settings.handle_resolver.rstrip("/"), handle)
    except PlatformFault as refused:
        if service is not None or may_have_host(handle):
            raise
        raise _only_at_home(handle, refused) from refused
    body = answer.json()
    found = body.get("did") if isinstance(body, dict) else None
    if not isinstance(found, str) or not is_did(found):
        raise unexpected("The handle resolver did not answer with a DID.", answer)
    return found


async def describe(cx: Context, did: str) -> DidDocument:
    """Read a DID's document: the claimed handles and the server. Raises a fault where it cannot be used."""
    answer = await cx.http.send("GET", _document_url(cx, did), max_bytes=_DOCUMENT_BYTES)
    if answer.status == 410:
        raise not_possible(FaultKind.ACCOUNT_GONE, "The account has been deleted.", "Connect another account.")
    if answer.status == 404:
        raise not_possible(FaultKind.NOT_FOUND, "Nobody knows this DID.", "Check the DID, or give the handle.")
    if not answer.ok:
        raise refusal(answer, cx.now())
    body = answer.json()
    if not isinstance(body, dict) or body.get("id") != did:
        raise unexpected("The DID's document is about another DID.", answer)
    endpoint = _pds_endpoint(body)
    if endpoint is None:
        raise not_possible(
            FaultKind.ACCOUNT_GONE,
            "The account names no server that holds it.",
            "Look at the account on Bluesky, then connect it again.",
        )
    names = (name for name in _list(body, "alsoKnownAs") if isinstance(name, str) and name.startswith("at://"))
    handles = tuple(name.removeprefix("at://").lower() for name in names)
    return DidDocument(did, tuple(handle for handle in handles if is_handle(handle)), origin(endpoint))


async def _asked(cx: Context, server: str, handle: str) -> Answer:
    url = f"{server}/xrpc/com.atproto.identity.resolveHandle"
    answer = await cx.http.send("GET", url, params={"handle": handle})
    if not answer.ok:
        raise refusal(answer, cx.now())
    return answer


def _only_at_home(handle: str, refused: PlatformFault) -> PlatformFault:
    """A resolver cannot be expected to know such a name: say what can be given instead of it."""
    ending = handle.rpartition(".")[2]
    message = f"Handles that end in .{ending} are known to their own server only, and none was named."
    hint = "Give the address of the account's server, or the DID; an operator can set POSTD_HANDLE_RESOLVER."
    return PlatformFault(replace(refused.fault, kind=FaultKind.NOT_FOUND, message=message, hint=hint))


async def _from_own_host(cx: Context, handle: str) -> str | None:
    try:
        answer = await cx.http.send(
            "GET",
            f"https://{handle}/.well-known/atproto-did",
            timeout=_LOOKUP_SECONDS,
            max_bytes=_DOCUMENT_BYTES,
            follow=2,
        )
    except PlatformFault:
        # Most handles are names without a web server: whatever goes wrong here, the resolver is asked next.
        return None
    text = answer.body.decode("utf-8", "replace").strip()
    return text if answer.ok and is_did(text) else None


def _document_url(cx: Context, did: str) -> str:
    if did.startswith("did:plc:"):
        return f"{cx.settings.plc_url.rstrip('/')}/{did}"
    host = unquote(did.removeprefix("did:web:"))
    if not did.startswith("did:web:") or "/" in host or ":" in did.removeprefix("did:web:"):
        raise not_possible(
            FaultKind.NOT_FOUND,
            "This kind of DID is not used for accounts.",
            "Give a DID that starts with did:plc: or did:web:, or the handle.",
        )
    # The specification allows `localhost`, with a port, for development; there is no certificate for it.
    scheme = "http" if host.partition(":")[0] == "localhost" else "https"
    return f"{scheme}://{host}/.well-known/did.json"


def _pds_endpoint(document: dict[str, Any]) -> str | None:
    """The first service with the fragment `#atproto_pds` and the right type counts; others are ignored."""
    for service in _list(document, "service"):
        if not isinstance(service, dict) or not str(service.get("id", "")).endswith("#atproto_pds"):
            continue
        endpoint = service.get("serviceEndpoint")
        if service.get("type") == "AtprotoPersonalDataServer" and isinstance(endpoint, str):
            return endpoint
    return None


def _list(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []
