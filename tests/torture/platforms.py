"""The platforms under proof: which requests stand in which window, and how an account is connected."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from app.domain.connections.errors import ConnectFailed
from app.domain.connections.queries import connection as read_connection
from app.flows.connections.connect import Offer, arrive, begin, choose, offer
from app.flows.connections.tickets import Ticket, find_state, find_ticket
from connectors.capabilities import ConnectBy, ReconcileClass
from tests.processes.workspace import Account, Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a connector, as the simulated platform sees it."""

    method: str
    path: str
    """A shell pattern."""
    named: bool = True
    """Whether it carries a token that tells whose it is."""


@dataclass(frozen=True, slots=True)
class Target:
    """A platform with a kind of account."""

    key: str
    connector: str
    server: str
    """Which simulated server plays it."""
    strength: ReconcileClass
    publish: Request
    upload: Request
    look: Request
    said: bytes
    """What only the irreversible request says, on the wire."""
    refresh: Request | None = None
    container: Request | None = None
    picture: bool = False
    """Whether a post needs a picture."""
    by: ConnectBy = ConnectBy.OAUTH


PATIENCE: Final = 3
"""How often an owner tries again."""
_GRAPH: Final = "/graph.facebook.com/v*"
_LINKEDIN: Final = Target(
    "linkedin",
    "linkedin",
    "linkedin",
    ReconcileClass.DUPLICATE,
    publish=Request("POST", "/rest/posts"),
    upload=Request("PUT", "*"),
    look=Request("GET", "/rest/posts"),
    said=b"POST /rest/posts",
    refresh=Request("POST", "/oauth/v2/accessToken", named=False),
    by=ConnectBy.PAGE,
)
TARGETS: Final[Mapping[str, Target]] = {
    one.key: one
    for one in (
        Target(
            "bluesky",
            "bluesky",
            "bluesky",
            ReconcileClass.KEY,
            publish=Request("POST", "/xrpc/com.atproto.repo.putRecord"),
            upload=Request("POST", "/xrpc/com.atproto.repo.uploadBlob"),
            look=Request("GET", "/xrpc/com.atproto.repo.getRecord", named=False),
            said=b"com.atproto.repo.putRecord",
            refresh=Request("POST", "/xrpc/com.atproto.server.refreshSession"),
            by=ConnectBy.APP_PASSWORD,
        ),
        Target(
            "mastodon",
            "mastodon",
            "mastodon",
            ReconcileClass.KEY,
            publish=Request("POST", "/api/v1/statuses"),
            upload=Request("POST", "/api/v2/media"),
            look=Request("GET", "/api/v1/accounts/*/statuses"),
            said=b"POST /api/v1/statuses",
        ),
        _LINKEDIN,
        # A member's posts may not be read, and the application of members gets no refresh token.
        replace(_LINKEDIN, key="linkedin-member", strength=ReconcileClass.HUMAN, refresh=None, by=ConnectBy.OAUTH),
        Target(
            "facebook",
            "facebook",
            "meta",
            ReconcileClass.LOOKUP,
            publish=Request("POST", f"{_GRAPH}/feed"),
            upload=Request("POST", f"{_GRAPH}/photos"),
            look=Request("GET", f"{_GRAPH}/published_posts"),
            said=b"/feed",
            refresh=Request("GET", f"{_GRAPH}/[0-9]*[0-9]"),
        ),
        Target(
            "instagram",
            "instagram",
            "meta",
            ReconcileClass.CONTAINER,
            publish=Request("POST", f"{_GRAPH}/media_publish"),
            upload=Request("POST", f"{_GRAPH}/media"),
            look=Request("GET", f"{_GRAPH}/[0-9]*[0-9]"),
            said=b"/media_publish",
            refresh=Request("GET", f"{_GRAPH}/[0-9]*[0-9]"),
            container=Request("POST", f"{_GRAPH}/media"),
            picture=True,
            by=ConnectBy.PAGE,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """An account that is connected to a workspace."""

    target: Target
    account: Account
    """With the handle under which the ledger has its posts."""
    person: str
    """The handle under which its requests are known."""
    external_id: str


async def connect(workspace: Workspace, target: Target) -> Place:
    """Make an account and connect it, as its owner does: who fails on a busy machine tries again."""
    for _ in range(PATIENCE):
        with suppress(ConnectFailed):
            return await _connect(workspace, target)
    return await _connect(workspace, target)


async def _connect(workspace: Workspace, target: Target) -> Place:
    name = f"p{uuid4().hex[:12]}"
    ask = workspace.platforms.ask
    if target.key == "bluesky":
        account = await workspace.connect("bluesky")
        return await _placed(workspace, target, account, account.handle)
    if target.key == "mastodon":
        account = await workspace.connect("mastodon")
        return await _placed(workspace, target, account, account.handle)
    made = await ask("POST", "/accounts", {"platform": target.server, "handle": name})
    handle, wanted = name, str(made.get(target.connector, ""))
    if target.key == "linkedin":
        handle = f"{name}-page"
        await ask("POST", "/accounts", {"platform": "linkedin", "handle": handle, "admin": name})
    connection = await _consented(workspace, target, name, wanted)
    account = Account(target.connector, handle, connection)
    workspace.accounts.append(account)
    return await _placed(workspace, target, account, name)


async def _placed(workspace: Workspace, target: Target, account: Account, person: str) -> Place:
    async with workspace.rt.db.read(workspace.tenant) as session:
        row = await read_connection(session, account.connection)
    return Place(target, account, person, row.external_id)


async def _consented(workspace: Workspace, target: Target, person: str, wanted: str) -> UUID:
    rt, tenant = workspace.rt, workspace.tenant
    ticket = await offer(rt, tenant, "test", Offer(target.connector, target.by, {}))
    assert isinstance(ticket, Ticket)
    way = await begin(rt, await find_ticket(rt, ticket.url.rsplit("/", 1)[-1]), {})
    assert isinstance(way, tuple)
    answer = {"platform": target.server, "handle": person, "url": way[0]}
    location = (await workspace.platforms.ask("POST", "/consent", answer))["location"]
    params = dict(parse_qsl(urlsplit(location).query))
    arrival = await arrive(rt, await find_state(rt, params["state"]), params, way[1])
    if arrival.connections:
        return arrival.connections[0].id
    (chosen,) = [
        one.external_id for one in arrival.choices if one.external_id == wanted or (not wanted and one.kind == "page")
    ]
    (made,) = await choose(rt, tenant, "test", arrival.flow.id, [chosen])
    return made.id
