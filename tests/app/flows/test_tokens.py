"""Callers with tokens of another issuer, whose keys are fetched from a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.keys.errors import KeyRefused
from app.domain.keys.model import Scope
from app.domain.keys.principal import Principal
from app.flows.identify import identify
from app.kernel.token_issuers import TokenIssuer
from app.services.key_sets import FRESH, LAST, PAUSE, KeySets, KeysUnavailable
from connectors.secret import Secret
from tests.fixtures.graph import Graph, Key, graph_of
from tests.fixtures.served import listener, serving
from tests.fixtures.world import World, now

ISSUER = "https://project.supabase.example/auth/v1"


class Publisher:
    """An issuer's server: its keys, how often it was asked, and whether it is down."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "1"})
        self.asked = 0
        self.down = False

    async def answer(self, _request: Request) -> Response:
        self.asked += 1
        if self.down:
            return Response(status_code=500)
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": uuid4().hex})


@dataclass
class Foreign:
    """The API over a workspace that believes an issuer, and the issuer."""

    graph: Graph
    publisher: Publisher

    @property
    def world(self) -> World:
        return self.graph.world

    async def token(self, **changes: Any) -> str:
        slug = await self.world.owner.fetchval("SELECT slug FROM tenants WHERE id = $1", self.world.tenant)
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": "authenticated",
            "sub": "5d6a",
            "email": "ada@example.org",
            "role": "authenticated",
            "app_metadata": {"tenant": slug, "role": "publisher"},
            "exp": int(now().timestamp()) + 600,
        }
        claims |= changes
        return jwt.encode({"alg": "ES256", "kid": self.publisher.key.kid}, claims, self.publisher.key)

    async def caller(self, **changes: Any) -> Principal:
        return await identify(self.world.rt, Secret(f"Bearer {await self.token(**changes)}"))

    def metadata(self, **changes: Any) -> dict[str, Any]:
        return {"tenant": str(self.world.tenant), "role": "publisher", **changes}


@asynccontextmanager
async def foreign(world: World, **issuer: Any) -> AsyncIterator[Foreign]:
    publisher, (sock, origin) = Publisher(), listener()
    async with serving(Starlette(routes=[Route("/keys", publisher.answer)]), sock):
        known = TokenIssuer(issuer=ISSUER, jwks_url=f"{origin}/keys", **issuer)
        changes = {"token_issuers": {"supabase": known}, "egress_allow": ("127.0.0.0/8",)}
        settings = world.rt.settings.model_copy(update=changes)
        rt = replace(world.rt, settings=settings, key_sets=KeySets(), pools=world.rt.pools)
        async with graph_of(replace(world, rt=rt)) as graph:
            yield Foreign(graph, publisher)


async def test_a_token_of_supabase_lets_its_holder_in(world: World) -> None:
    async with foreign(world) as here:
        by = Key(here.graph.key.row, await here.token())
        viewer = (await here.graph.ask("{ viewer { tenant { id } key { id } scopes } }", by=by))["viewer"]
        assert viewer == {
            "tenant": {"id": str(here.world.tenant)},
            "key": None,
            "scopes": ["PUBLISH", "READ", "WRITE_POSTS"],
        }
        assert await here.graph.ask("{ health { state } }", by=Key(here.graph.key.row, await here.token(sub="other")))
        assert here.publisher.asked == 1


async def test_what_a_token_did_stands_in_the_audit_log_by_name(world: World) -> None:
    async with foreign(world) as here:
        admin = await here.token(app_metadata=here.metadata(role="admin"))
        text = 'mutation { createApiKey(input: { name: "x", scopes: [READ] }) { __typename } }'
        await here.graph.ask(text, by=Key(here.graph.key.row, admin))
        told = await here.graph.ask("{ auditLog(first: 1) { edges { node { sentence actor { ref } } } } }")
        (line,) = (edge["node"] for edge in told["auditLog"]["edges"])
        assert line["sentence"] == "The API key x was made. It may: read. By ada@example.org, with a token."
        assert line["actor"]["ref"] == (await here.caller()).actor


async def test_a_caller_is_the_same_for_ever_and_ends_with_the_token(world: World) -> None:
    async with foreign(world, leeway=10) as here:
        ends = int(now().timestamp()) + 60
        first, again = await here.caller(exp=ends), await here.caller()
        assert first.expires_at == datetime.fromtimestamp(ends, UTC) + timedelta(seconds=10)
        assert (first.credential_id, first.actor) == (again.credential_id, f"token:{again.credential_id}")
        assert (await here.caller(sub="somebody else")).credential_id != first.credential_id
        assert (first.name, first.key_id) == ("ada@example.org", None)


async def test_scopes_come_from_a_list_a_text_or_a_role_and_never_operator(world: World) -> None:
    async with foreign(world) as here:
        for words in (["read", "connections", "operator", 7], "read connections operator openid"):
            found = await here.caller(app_metadata=here.metadata(role="nobody", scopes=words))
            assert found.scopes == {Scope.READ, Scope.CONNECTIONS}
        assert (await here.caller(app_metadata=here.metadata(role="viewer"))).scopes == {Scope.READ}
    async with foreign(world, operator="owner", roles={"owner": ("read",)}) as here:
        found = await here.caller(app_metadata=here.metadata(role="owner"))
        assert found.scopes == {Scope.READ, Scope.OPERATOR}


async def test_whatever_is_wrong_with_a_token_is_refused_alike(world: World) -> None:
    async with foreign(world) as here:
        wrong = [
            await here.token(**changes)
            for changes in (
                {"app_metadata": here.metadata(tenant="nowhere")},
                {"app_metadata": here.metadata(tenant=str(uuid4()))},
                {"app_metadata": here.metadata(tenant="a\0b")},
                {"app_metadata": here.metadata(role="nobody")},
                {"app_metadata": None},
                {"user_metadata": here.metadata(role="admin"), "app_metadata": {}},
                {"sub": " "},
                {"iss": "https://evil.example"},
                {"aud": "anon"},
                {"exp": int(now().timestamp()) - 60},
            )
        ]
        wrong += ["a.b.c", f"{await here.token()}x", "...", "ey.ey.ey"]
        said = set()
        for presented in wrong:
            answer = await here.graph.post({"query": "{ __typename }"}, by=Key(here.graph.key.row, presented))
            (error,) = answer.json()["errors"]
            error["extensions"].pop("requestId")
            said.add((answer.status_code, str(error)))
        assert len(said) == 1, said
        assert said.pop()[0] == 401


async def test_new_keys_are_fetched_but_not_with_every_token_that_comes(world: World) -> None:
    async with foreign(world) as here:
        await here.caller()
        here.publisher.rotate()
        for _ in range(3):
            with pytest.raises(KeyRefused):
                await here.caller()
        assert here.publisher.asked == 1
        here.world.clock.slept += PAUSE + 1
        await here.caller()
        assert here.publisher.asked == 2


async def test_known_keys_count_while_the_issuer_is_down(world: World) -> None:
    async with foreign(world) as here:
        here.publisher.down = True
        by = Key(here.graph.key.row, await here.token())
        assert (await here.graph.post({"query": "{ __typename }"}, by=by)).status_code == 503
        here.publisher.down = False
        here.world.clock.slept += PAUSE + 1
        await here.caller()
        here.publisher.down = True
        here.world.clock.slept += FRESH + 1
        await here.caller()
        assert here.publisher.asked == 3
        here.world.clock.slept += LAST
        with pytest.raises(KeysUnavailable):
            await here.caller()


async def test_keys_may_stand_in_the_settings(world: World) -> None:
    key = ECKey.generate_key("P-256", {"kid": "here"})
    known = TokenIssuer(issuer=ISSUER, keys=(key.as_dict(private=False),))
    settings = world.rt.settings.model_copy(update={"token_issuers": {"own": known}})
    claims = {"iss": ISSUER, "aud": "authenticated", "sub": "s", "exp": int(now().timestamp()) + 60}
    claims |= {"app_metadata": {"tenant": str(world.tenant), "scopes": "read"}}
    presented = Secret(f"Bearer {jwt.encode({'alg': 'ES256', 'kid': 'here'}, claims, key)}")
    assert (await identify(replace(world.rt, settings=settings), presented)).scopes == {Scope.READ}
    with pytest.raises(KeyRefused):
        await identify(world.rt, presented)


@pytest.mark.parametrize(
    "wrong", [{}, {"jwks_url": "https://x.example", "algorithms": ("HS256",)}, {"jwks_url": "ftp://x"}, {"keys": ()}]
)
def test_an_issuer_that_anybody_could_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"POSTD_TOKEN_ISSUERS|pattern"):
        TokenIssuer(issuer=ISSUER, **wrong)
