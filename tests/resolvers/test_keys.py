from __future__ import annotations

from app.domain.keys.model import Scope
from schema.node import encode
from tests.fixtures.graph import Graph, Key


async def test_a_new_key_works_and_is_shown_once(graph: Graph) -> None:
    fields = "... on ApiKeyCreated { secret key { id name scopes lastUsedAt } }"
    made = await graph.do("createApiKey", fields, name="planner", scopes=["READ"])
    assert made["key"]["scopes"] == ["READ"]
    mine = Key(graph.key.row, made["secret"])
    assert (await graph.ask("{ viewer { key { name } } }", by=mine))["viewer"]["key"] == {"name": "planner"}
    stored = await graph.world.owner.fetchval("SELECT string_agg(k::text, '') FROM api_keys AS k")
    assert made["secret"].split("_")[-1][:43] not in stored


async def test_a_key_gives_no_scope_that_it_lacks(graph: Graph) -> None:
    admin = await graph.new_key([Scope.ADMIN, Scope.READ])
    before = await graph.world.types()
    graph.key = admin
    answer = await graph.do("createApiKey", "", name="more", scopes=["PUBLISH"])
    assert (answer["code"], answer["path"]) == ("INVALID_INPUT", ["input", "scopes"])
    assert await graph.world.types() == before


async def test_a_key_without_a_name_or_a_scope_is_refused(graph: Graph) -> None:
    for given in ({"name": " ", "scopes": ["READ"]}, {"name": "x", "scopes": []}):
        assert (await graph.do("createApiKey", "", **given))["code"] == "INVALID_INPUT"


async def test_a_revoked_key_opens_nothing(graph: Graph) -> None:
    doomed = await graph.new_key()
    fields = "... on ApiKeyRevoked { key { revokedAt } }"
    answer = await graph.do("revokeApiKey", fields, keyId=encode("ApiKey", doomed.row.id))
    assert answer["key"]["revokedAt"]
    assert (await graph.post({"query": "{ __typename }"}, by=doomed)).status_code == 401
