"""The control API of the sandbox: JSON over HTTP under `/_sandbox/` on every simulated platform's port.

One set of routes for all platforms of a sandbox: it does not matter which port is asked.

    GET    /_sandbox/ledger             {"posts": [...]}; ?platform= &account= &key= &kind=post|any
    GET    /_sandbox/ledger/effects     {"effects": [...]}: every line of the ledger
    GET    /_sandbox/requests           {"requests": [...], "checks": {...}}; ?platform= &path= &after=seq &violations=1
    GET    /_sandbox/faults             {"faults": [...]}
    POST   /_sandbox/faults             order a fault -> 201 {"id": "f1", ...}
                                        {"kind": "drop_after_effect", "platform": "bluesky", "method": "POST",
                                         "path": "/xrpc/com.atproto.repo.putRecord", "account": "alice.test",
                                         "skip": 0, "times": 1, "seconds": 1.0, "status": 500, "headers": {},
                                         "body": null}
                                        only `kind` is required; see connectors/sandbox/faults.py
    GET    /_sandbox/faults/{id}        ?hits=1&timeout=10 answers once that many requests were hit (408 if not)
    POST   /_sandbox/faults/{id}/release   {"how": "act" | "drop"}: let go of held requests; the fault ends
    DELETE /_sandbox/faults/{id}        forget it (held requests go on)
    DELETE /_sandbox/faults             forget all
    GET    /_sandbox/accounts           {"accounts": [...]}
    POST   /_sandbox/accounts           {"platform", "handle", "password"?, "name"?} -> 201 how to log in
                                        with "admin" (a handle) and "role"? a page of LinkedIn's
    PATCH  /_sandbox/accounts           {"platform", "handle", "status": "...}: Bluesky active, deactivated,
                                        takendown; Mastodon active, disabled, unconfirmed, pending;
                                        LinkedIn active, restricted, roleless, closed;
                                        Meta active, restricted
    POST   /_sandbox/tokens             {"platform", "handle", ...} -> tokens without a consent page
    DELETE /_sandbox/tokens             {"platform", "handle"}: every session of the account ends
    POST   /_sandbox/consent            {"platform", "handle", "url": the page's address, "allow": true}
                                        -> {"location": the client's callback}, as if a browser had answered
    DELETE /_sandbox/consent            {"platform", "handle", "callback"}: the person removes the application, which is
                                        told at its callback -> {"status": what it answered}; Meta only
    POST   /_sandbox/webhooks           {"platform", "url", "app"?, "verify_token"?}: add an address in the console of
                                        the application; LinkedIn and Meta
    POST   /_sandbox/comments           {"platform", "handle", "text", "kind"?, "author"?}: a reader comments
                                        -> {"told": [what each address that is subscribed has answered]}
    POST   /_sandbox/counts             {"platform", "id", "counts": {"likeCount": 3}}: what readers did with a post, or
                                        with an account; with "id@2026-11-20": on the day that ends then
    GET    /_sandbox/settings           the switches (connectors/sandbox/world.py, Switches)
    PATCH  /_sandbox/settings           {"rate_limits": false, ...}
    POST   /_sandbox/clock              {"advance": 3600}: move the platforms' clock forward

Refusals are `{"error": "..."}` with 400, 404 or 408. Requests must name this machine in their Host header, and
those that change something must be `application/json`, so that no web page can give orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from connectors.sandbox.control_requests import body_of, handle_in, refuse
from connectors.sandbox.faults import Fault, FaultOrder, Release
from connectors.sandbox.readers import Readers
from connectors.sandbox.world import Platform, World

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_WAIT = 60.0

Handler = Callable[[Request], Awaitable[Response]]


def control_mount(world: World, platforms: Mapping[str, Platform], hosts: frozenset[str] = frozenset()) -> Mount:
    """The routes. `hosts`: names of this machine besides the loopback ones, by which it may be asked."""
    api, readers = _Control(world, platforms), Readers(platforms)
    allowed = LOOPBACK_NAMES | hosts

    def route(path: str, **methods: Handler) -> Route:
        async def answer(request: Request) -> Response:
            if request.url.hostname not in allowed:
                return refuse(400, "the control API answers only to the names of this machine")
            try:
                return await methods[request.method.lower()](request)
            except ValueError as error:
                return refuse(400, str(error))
            except KeyError as error:
                return refuse(404, f"there is no {error.args[0]}")
            except TimeoutError:
                return refuse(408, "it has not happened within the time given")

        return Route(path, answer, methods=[name.upper() for name in methods])

    return Mount(
        "/_sandbox",
        routes=[
            route("/ledger", get=api.ledger),
            route("/ledger/effects", get=api.effects),
            route("/requests", get=api.requests),
            route("/faults", get=api.faults, post=api.order_fault, delete=api.forget_faults),
            route("/faults/{id}", get=api.fault, delete=api.forget_fault),
            route("/faults/{id}/release", post=api.release_fault),
            route("/accounts", get=api.accounts, post=api.add_account, patch=api.change_account),
            route("/tokens", post=api.grant, delete=api.forget_tokens),
            route("/consent", post=api.consent, delete=api.withdraw),
            route("/webhooks", post=readers.add_webhook),
            route("/comments", post=readers.comment),
            route("/counts", post=api.set_counts),
            route("/settings", get=api.settings, patch=api.change_settings),
            route("/clock", post=api.advance),
        ],
    )


class _Control:
    """The handlers."""

    def __init__(self, world: World, platforms: Mapping[str, Platform]) -> None:
        self._world = world
        self._platforms = platforms

    async def ledger(self, request: Request) -> Response:
        query = request.query_params
        kind = query.get("kind", "post")
        posts = self._world.ledger.posts(
            platform=query.get("platform"),
            account=query.get("account"),
            key=query.get("key"),
            kind=None if kind == "any" else kind,
        )
        return JSONResponse({"posts": [post.as_json() for post in posts]})

    async def effects(self, _request: Request) -> Response:
        return JSONResponse({"effects": list(self._world.ledger.effects())})

    async def requests(self, request: Request) -> Response:
        query = request.query_params
        found = self._world.requests.find(
            platform=query.get("platform"),
            path=query.get("path"),
            violations=query.get("violations") == "1",
            after=int(query.get("after", "0")),
        )
        return JSONResponse({"requests": list(found), "checks": self._world.requests.checks()})

    async def faults(self, _request: Request) -> Response:
        return JSONResponse({"faults": [fault.as_json() for fault in self._world.faults.all()]})

    async def order_fault(self, request: Request) -> Response:
        fault = self._world.faults.order(FaultOrder.of(await body_of(request)))
        return JSONResponse(fault.as_json(), status_code=201)

    async def forget_faults(self, _request: Request) -> Response:
        self._world.faults.clear()
        return JSONResponse({})

    async def fault(self, request: Request) -> Response:
        fault = self._named(request)
        timeout = min(float(request.query_params.get("timeout", "10")), LONGEST_WAIT)
        async with asyncio.timeout(timeout):
            await self._world.faults.wait_for_hits(fault, int(request.query_params.get("hits", "0")))
        return JSONResponse(fault.as_json())

    async def release_fault(self, request: Request) -> Response:
        how = Release((await body_of(request)).get("how", "act"))
        fault = self._named(request)
        self._world.faults.release(fault, how)
        return JSONResponse(fault.as_json())

    async def forget_fault(self, request: Request) -> Response:
        self._world.faults.drop(self._named(request))
        return JSONResponse({})

    async def accounts(self, _request: Request) -> Response:
        rows = [
            {"platform": name} | {key: row[key] for key in ("id", "handle", "name", "status", "url") if key in row}
            for name in self._platforms
            for _, row in self._world.tables.rows(f"{name}.accounts")
        ]
        return JSONResponse({"accounts": rows})

    async def add_account(self, request: Request) -> Response:
        body = await body_of(request)
        return JSONResponse(self._platform(body).add_account(handle_in(body), body), status_code=201)

    async def change_account(self, request: Request) -> Response:
        body = await body_of(request)
        return JSONResponse(self._platform(body).change_account(handle_in(body), str(body.get("status", ""))))

    async def grant(self, request: Request) -> Response:
        body = await body_of(request)
        return JSONResponse(self._platform(body).grant(handle_in(body), body), status_code=201)

    async def forget_tokens(self, request: Request) -> Response:
        body = await body_of(request)
        self._platform(body).forget_tokens(handle_in(body))
        return JSONResponse({})

    async def withdraw(self, request: Request) -> Response:
        body = await body_of(request)
        withdraw = getattr(self._platform(body), "withdraw", None)
        if withdraw is None:
            raise ValueError("this platform does not tell applications that they were removed")
        return JSONResponse({"status": await withdraw(handle_in(body), str(body.get("callback", "")))})

    async def consent(self, request: Request) -> Response:
        body = await body_of(request)
        allow = body.get("allow", True) is True
        return JSONResponse(
            {"location": self._platform(body).consent(str(body.get("url")), handle_in(body), allow=allow)}
        )

    async def set_counts(self, request: Request) -> Response:
        body = await body_of(request)
        counts = body.get("counts")
        if not isinstance(counts, dict) or not all(isinstance(value, int) for value in counts.values()):
            raise ValueError("counts is an object of whole numbers, in the platform's own names")
        self._world.tables.put(f"{self._platform(body).name}.counts", str(body.get("id")), counts)
        return JSONResponse(counts)

    async def settings(self, _request: Request) -> Response:
        return JSONResponse(asdict(self._world.switches))

    async def change_settings(self, request: Request) -> Response:
        return JSONResponse(asdict(self._world.change(**await body_of(request))))

    async def advance(self, request: Request) -> Response:
        seconds = (await body_of(request)).get("advance")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError("advance is a number of seconds, 0 or more")
        return JSONResponse({"now": self._world.advance(seconds).isoformat()})

    def _named(self, request: Request) -> Fault:
        fault = self._world.faults.get(request.path_params["id"])
        if fault is None:
            raise KeyError(f"fault {request.path_params['id']}")
        return fault

    def _platform(self, body: Mapping[str, Any]) -> Platform:
        platform = self._platforms.get(str(body.get("platform", "")))
        if platform is None:
            raise ValueError(f"platform is one of {', '.join(self._platforms)}")
        return platform
