"""A workspace's whole life in a few seconds, with everything that is answered: connect, publish, fail, refresh."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

from app.domain.connections.queries import connection as read_connection
from app.flows.connections.access import ready
from app.flows.publishing.wake import wake
from app.services.wakeups import WakeUps
from schema.node import split
from tests.fixtures.consent import Way, agree, decide
from tests.fixtures.served import Browser
from tests.fixtures.site import Site
from tests.security.canaries import Canaries
from workers.broker import make_broker
from workers.scheduler import scan_connections, scan_jobs

SCHEDULE = """mutation($input: SchedulePostInput!) { schedulePost(input: $input) {
  __typename ... on PostScheduled { post { id jobs { id } } } ... on UserError { code message hint } } }"""
START = """mutation($input: StartConnectionInput!) { startConnection(input: $input) {
  __typename ... on ConnectionLink { url flowId } ... on AccountsConnected { connections { id state } }
  ... on UserError { code message path hint } } }"""
EVERYTHING = """{ viewer { tenant { name } key { name scopes } }
  connections { edges { node { id state method reason { code message hint } grantedScopes missingScopes
    account { externalId handle name server url } checks { what ok message } } } }
  jobs(first: 20) { edges { node { id state explanation fault { kind message hint code words }
    published { url } attempts { outcome exchanges fault { message hint code words } } } } }
  events(first: 100) { edges { node { type actor { kind id } changes { field value } } } }
  health { checks { name state message } } }"""


@dataclass
class Story:
    """Someone who uses the API by HTTP and tells every secret that he gets to the canaries."""

    site: Site
    http: httpx2.AsyncClient
    canaries: Canaries
    key: str
    answers: list[str] = field(default_factory=list)
    """Everything that was answered, without what is handed over on purpose."""

    async def ask(self, query: str, *, handed: str = "", **variables: Any) -> dict[str, Any]:
        """Ask the API; `handed` names what the answer hands over on purpose: it is a canary from then on."""
        headers = {"authorization": f"Bearer {self.key}"}
        body = {"query": query, "variables": variables}
        answer = await self.http.post(f"{self.site.url}/graphql", json=body, headers=headers)
        found: dict[str, Any] = answer.json()
        self.answers.append(f"{answer.headers}\n{_without(found, handed, self.canaries)}")
        return found

    async def start(self, platform: str, method: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """Ask for a link, or connect at once."""
        given = [{"name": name, "value": value} for name, value in fields.items()]
        wanted = {"platform": platform, "method": method, "fields": given, "returnTo": "/planner"}
        done: dict[str, Any] = (await self.ask(START, handed="url", input=wanted))["data"]["startConnection"]
        return done

    async def consent(self, way: Way, browser: Browser, *, forge: str = "") -> None:
        """The way of a user through the platform's consent page; `forge` spoils the code on its way back."""
        link = (await self.start(way.platform, "OAUTH", {}))["url"]
        self.canaries.add("ticket", urlsplit(link).path.rsplit("/", 1)[-1])
        callback = await decide(browser, await agree(self.site, browser, way, _Link(link)), way.handle)  # type: ignore[arg-type]
        query = parse_qs(urlsplit(callback).query)
        self.canaries.add("code", query["code"][0])
        self.canaries.add("state", query["state"][0])
        for cookie in browser.http.cookies.jar:
            for half in (cookie.value or "").split("."):
                self.canaries.add("cookie", half)
        if forge:
            callback = callback.replace(query["code"][0], forge)
            self.canaries.add("forged code", forge)
        answer = await browser.get(callback)
        again = await browser.get(callback)
        for page in (answer, again):  # both lead this browser back to its ticket, which it holds anyway
            self.answers.append(page.text.replace(urlsplit(link).path, ""))

    async def schedule(self, text: str, *connections: str) -> list[UUID]:
        """Schedule a post for now; gives its jobs."""
        wanted = {"content": {"text": text}, "targets": [{"connectionId": one} for one in connections]}
        done = (await self.ask(SCHEDULE, input=wanted))["data"]["schedulePost"]
        return [UUID(split(job["id"])[1]) for job in done["post"]["jobs"]]

    async def echoed(self, connection: str) -> list[UUID]:
        """A job whose platform will repeat our own token in the words of its refusal."""
        key, rt = UUID(split(connection)[1]), self.site.rt
        async with rt.db.read(self.site.tenant) as session:
            row = await read_connection(session, key)
        access = await ready(rt, rt.connector_context(row.platform), self.site.tenant, key)
        words = f"I do not like {access.tokens.access.reveal()} at all."
        path = "/xrpc/com.atproto.repo.*" if row.platform == "bluesky" else "/api/v1/statuses"
        body = {"error": words, "message": words}
        await self.fault("status", method="POST", path=path, status=400, body=body)
        return await self.schedule("It meets an echo.", connection)

    async def wake(self, *jobs: UUID) -> None:
        """Do what a worker does when it is woken."""
        for job in jobs:
            await wake(self.site.rt, self.site.tenant, job, "worker")

    async def offer(self) -> None:
        """Do what the scheduler does: wake-ups for everything that is due, by the real broker."""
        url = self.site.rt.settings.redis_url
        assert url is not None
        broker = make_broker(url.get_secret_value())
        await scan_jobs(self.site.rt, WakeUps(broker))
        await scan_connections(self.site.rt, WakeUps(broker))
        broker.close()

    async def fault(self, kind: str, **order: Any) -> None:
        """Order a fault of the simulated platforms."""
        await self.control("POST", "faults", {"kind": kind, **order})

    async def control(self, method: str, path: str, body: Mapping[str, Any]) -> None:
        """Ask the simulated platforms for something."""
        answer = await self.http.request(method, f"{self.site.sandbox.bluesky_url}/_sandbox/{path}", json=dict(body))
        assert answer.is_success, answer.text

    async def follow(self, credential: str, query: str) -> None:
        """Say this to a socket, and keep what it answers first."""
        url = f"{self.site.url.replace('http', 'ws', 1)}/graphql"
        async with open_socket(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": credential}}))
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
            with suppress(ConnectionClosedError):
                async for message in socket:
                    self.answers.append(str(message))
                    if json.loads(message)["type"] in {"next", "error", "complete"}:
                        return
            self.answers.append(f"{socket.close_code} {socket.close_reason}")


@dataclass(frozen=True)
class _Link:
    url: str


def _without(answer: Any, name: str, canaries: Canaries) -> str:
    """The answer as text without the one member that hands a secret over."""
    if not name:
        return json.dumps(answer)

    def shown(value: Any) -> Any:
        if isinstance(value, dict):
            for secret in (value[name],) if isinstance(value.get(name), str) else ():
                canaries.add(name, secret)
            return {key: shown(inner) for key, inner in value.items() if key != name}
        return [shown(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(shown(answer))
