from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
import respx

from connectors.bluesky.identity import Identity, describe, identify, resolve_handle
from connectors.contract import ConnectorSettings, Context
from connectors.egress import EgressPolicy
from connectors.faults import FaultKind, PlatformFault
from connectors.http_pool import HttpPool
from connectors.transport import Transport
from tests.connectors.bluesky.samples import DID
from tests.connectors.bluesky.server import no_names
from tests.connectors.harness import UNUSED_PORT
from tests.connectors.loopback import Received, Server, answer, serve

OTHER = "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz"
PDS = "https://pds.example"
RESOLVE = "/xrpc/com.atproto.identity.resolveHandle?handle="


def document(did: str = DID, handles: Sequence[str] = ("alice.test",), pds: str = PDS, **more: Any) -> dict[str, Any]:
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": f"{pds}/"}
    return {"id": did, "alsoKnownAs": [f"at://{name}" for name in handles], "service": [service], **more}


@dataclass(slots=True)
class World:
    """One server that is directory, resolver and data server at once."""

    cx: Context
    server: Server

    @property
    def asked(self) -> list[str]:
        return [received.target for received in self.server.received]


@asynccontextmanager
async def world(pages: dict[str, Any]) -> AsyncIterator[World]:
    async def handle(received: Received, writer: asyncio.StreamWriter) -> None:
        page = pages.get(received.target, 404)
        if isinstance(page, int):
            writer.write(answer(page, b'{"error": "InvalidRequest", "message": "Unable to resolve handle"}'))
        else:
            writer.write(answer(200, json.dumps(page).encode()))

    async with serve(handle) as server:
        egress = EgressPolicy((ip_network("127.0.0.0/8"),), no_names)
        async with HttpPool(egress=egress, total=5.0) as pool:
            settings = ConnectorSettings("http://127.0.0.1:8000", plc_url=server.url, handle_resolver=server.url)
            yield World(Context(Transport(pool), lambda: datetime.now(UTC), settings), server)


async def refused(cx: Context, identifier: str) -> FaultKind:
    with pytest.raises(PlatformFault) as found:
        await identify(cx, identifier)
    assert found.value.fault.hint
    return found.value.fault.kind


async def test_a_handle_leads_to_the_server_and_back() -> None:
    async with world({f"{RESOLVE}alice.test": {"did": DID}, f"/{DID}": document()}) as here:
        assert await identify(here.cx, "@Alice.test") == Identity(DID, "alice.test", PDS)


async def test_a_handle_that_its_account_does_not_carry_is_refused() -> None:
    async with world({f"{RESOLVE}alice.test": {"did": DID}, f"/{DID}": document(handles=["bob.test"])}) as here:
        assert await refused(here.cx, "alice.test") is FaultKind.NOT_FOUND


async def test_an_unknown_handle() -> None:
    async with world({f"{RESOLVE}alice.test": 400}) as here:
        assert await refused(here.cx, "alice.test") is FaultKind.NOT_FOUND


@pytest.mark.parametrize("typed", ["alice", "", "did:key:zabc", "did:web:a.example:path"])
async def test_what_cannot_be_an_account_is_refused_without_asking(typed: str) -> None:
    async with world({}) as here:
        assert await refused(here.cx, typed) is FaultKind.NOT_FOUND
        assert here.asked == []


async def test_a_did_is_shown_with_its_proved_handle() -> None:
    async with world({f"{RESOLVE}alice.test": {"did": DID}, f"/{DID}": document()}) as here:
        assert await identify(here.cx, DID) == Identity(DID, "alice.test", PDS)


@pytest.mark.parametrize("answered", [{"did": OTHER}, 400, 500])
async def test_a_did_with_a_broken_handle_works_and_says_so(answered: Any) -> None:
    async with world({f"{RESOLVE}alice.test": answered, f"/{DID}": document()}) as here:
        assert await identify(here.cx, DID) == Identity(DID, "handle.invalid", PDS)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (404, FaultKind.NOT_FOUND),
        (410, FaultKind.ACCOUNT_GONE),
        (500, FaultKind.PLATFORM_DOWN),
        (document(did=OTHER), FaultKind.UNEXPECTED_ANSWER),
        (document(service=[]), FaultKind.ACCOUNT_GONE),
        (document(service=[{"id": "#atproto_pds", "type": "Other", "serviceEndpoint": PDS}]), FaultKind.ACCOUNT_GONE),
        ([], FaultKind.UNEXPECTED_ANSWER),
    ],
)
async def test_documents_that_cannot_be_used(page: Any, kind: FaultKind) -> None:
    async with world({f"/{DID}": page}) as here:
        with pytest.raises(PlatformFault) as found:
            await describe(here.cx, DID)
        assert found.value.fault.kind is kind


async def test_only_a_named_server_is_asked_for_a_handle() -> None:
    async with world({f"{RESOLVE}alice.test": {"did": DID}}) as here:
        cx = replace(here.cx, settings=replace(here.cx.settings, handle_resolver="http://127.0.0.1:1"))
        assert await resolve_handle(cx, "alice.test", here.server.url) == DID
        assert here.asked == [f"{RESOLVE}alice.test"]


def with_resolver_away(cx: Context) -> Context:
    return replace(cx, settings=replace(cx.settings, handle_resolver=f"http://127.0.0.1:{UNUSED_PORT}"))


@pytest.mark.parametrize(("known", "shown"), [(DID, "alice.test"), (OTHER, "handle.invalid")])
async def test_a_handle_that_no_resolver_can_know_is_proved_by_the_accounts_own_server(known: str, shown: str) -> None:
    pages: dict[str, Any] = {f"{RESOLVE}alice.test": {"did": known}}
    async with world(pages) as here:
        pages[f"/{DID}"] = document(pds=here.server.url)
        assert await identify(with_resolver_away(here.cx), DID) == Identity(DID, shown, here.server.url)


async def test_an_ordinary_handle_is_not_proved_by_the_accounts_own_server() -> None:
    pages: dict[str, Any] = {f"{RESOLVE}alice.example.org": {"did": DID}}
    async with world(pages) as here:
        pages[f"/{DID}"] = document(handles=["alice.example.org"], pds=here.server.url)
        assert (await identify(with_resolver_away(here.cx), DID)).handle == "handle.invalid"
        assert here.asked == [f"/{DID}"]


async def test_a_handle_that_no_resolver_can_know_is_refused_with_what_to_give_instead() -> None:
    async with world({}) as here:
        with pytest.raises(PlatformFault) as found:
            await identify(with_resolver_away(here.cx), "alice.test")
        assert found.value.fault.kind is FaultKind.NOT_FOUND
        assert "end in .test" in found.value.fault.message
        assert "address of the account's server" in found.value.fault.hint
        assert "POSTD_HANDLE_RESOLVER" in found.value.fault.hint


async def test_a_resolver_that_answers_nonsense() -> None:
    async with world({f"{RESOLVE}alice.test": {"did": "alice"}}) as here:
        with pytest.raises(PlatformFault) as found:
            await resolve_handle(here.cx, "alice.test")
        assert found.value.fault.kind is FaultKind.UNEXPECTED_ANSWER


async def test_a_handles_host_on_a_private_address_is_not_called_and_the_resolver_decides() -> None:
    async def inside(host: str, port: int) -> Sequence[str]:
        assert host == "alice.example.org"
        return ["10.0.0.7"]

    async with world({f"{RESOLVE}alice.example.org": {"did": DID}}) as here:
        egress = EgressPolicy((ip_network("127.0.0.0/8"),), inside)
        async with HttpPool(egress=egress, total=5.0) as pool:
            assert await resolve_handle(replace(here.cx, http=Transport(pool)), "alice.example.org") == DID


async def test_names_for_development_are_not_looked_up_as_hosts() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        raise AssertionError(host)

    async with world({f"{RESOLVE}alice.test": {"did": DID}}) as here:
        egress = EgressPolicy((ip_network("127.0.0.0/8"),), never)
        async with HttpPool(egress=egress, total=5.0) as pool:
            assert await resolve_handle(replace(here.cx, http=Transport(pool)), "alice.test") == DID
        assert here.asked == [f"{RESOLVE}alice.test"]


OWN_HOST = "https://alice.example.org/.well-known/atproto-did"


async def test_a_handles_own_host_is_asked_first(httpx2_mock: respx.MockRouter) -> None:
    httpx2_mock.get(OWN_HOST).respond(200, text=f"{DID}\n")
    async with HttpPool(egress=EgressPolicy()) as pool:
        cx = Context(Transport(pool), lambda: datetime.now(UTC), ConnectorSettings("http://127.0.0.1:8000"))
        assert await resolve_handle(cx, "alice.example.org") == DID


@pytest.mark.parametrize(("status", "text"), [(200, "<html>Welcome</html>"), (404, DID), (200, "")])
async def test_an_ordinary_web_site_under_the_handle_decides_nothing(
    httpx2_mock: respx.MockRouter, status: int, text: str
) -> None:
    httpx2_mock.get(OWN_HOST).respond(status, text=text)
    resolver = "https://public.api.bsky.app/xrpc/com.atproto.identity.resolveHandle"
    httpx2_mock.get(resolver, params={"handle": "alice.example.org"}).respond(200, json={"did": OTHER})
    async with HttpPool(egress=EgressPolicy()) as pool:
        cx = Context(Transport(pool), lambda: datetime.now(UTC), ConnectorSettings("http://127.0.0.1:8000"))
        assert await resolve_handle(cx, "alice.example.org") == OTHER


async def test_a_did_of_a_web_host_is_read_there(httpx2_mock: respx.MockRouter) -> None:
    did = "did:web:alice.example.org"
    httpx2_mock.get("https://alice.example.org/.well-known/did.json").respond(200, json=document(did=did))
    async with HttpPool(egress=EgressPolicy()) as pool:
        cx = Context(Transport(pool), lambda: datetime.now(UTC), ConnectorSettings("http://127.0.0.1:8000"))
        found = await describe(cx, did)
    assert (found.did, found.pds) == (did, PDS)


async def test_a_did_of_this_machine_is_read_without_tls() -> None:
    pages: dict[str, Any] = {}

    async def here_only(host: str, port: int) -> Sequence[str]:
        assert host == "localhost"
        return ["127.0.0.1"]

    async with world(pages) as here:
        did = f"did:web:localhost%3A{urlsplit(here.server.url).port}"
        pages["/.well-known/did.json"] = document(did=did)
        async with HttpPool(egress=EgressPolicy((ip_network("127.0.0.0/8"),), here_only), total=5.0) as pool:
            assert (await describe(replace(here.cx, http=Transport(pool)), did)).did == did
