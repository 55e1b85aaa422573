"""Fields that show more than the scope of their root gives: refused, or hidden, without their own scope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.keys.model import Scope
from resolvers.authorization import HIDDEN, REFUSED
from schema.node import encode
from tests.fixtures.graph import Graph, graph_of
from tests.resolvers.test_review import in_review

JOBS = "{{ jobs {{ edges {{ node {{ {} }} }} }} }}"
CONNECTIONS = "{{ connections {{ edges {{ node {{ {} }} }} }} }}"
ASKED = {
    "Attempt.exchanges": JOBS.format("attempts { exchanges }"),
    "JobMoment.exchanges": "query($job: ID!) { explainJob(jobId: $job) { moments { exchanges } } }",
    "SentEvidence.exchanges": JOBS.format("review { sent { exchanges } }"),
    "LookEvidence.exchanges": JOBS.format("review { looks { exchanges } }"),
    "Connection.checks": CONNECTIONS.format("checks { ok }"),
    "Connection.timeline": CONNECTIONS.format("timeline { edges { node { message } } }"),
}
KEY = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } viewer { key { id } } }"
SUBJECTS = "{ events { edges { node { type subject { id } } } } }"


async def test_a_field_that_shows_more_needs_its_own_scope(graph: Graph) -> None:
    job = encode("Job", (await in_review(graph)).id)
    assert set(ASKED) == set(REFUSED)
    for name, query in ASKED.items():
        scope = REFUSED[name].scope
        given = {"job": job} if "$job" in query else {}
        weak = await graph.new_key([one for one in Scope if one is not scope])
        (error, *_) = (await graph.answer(query, by=weak, **given))["errors"]
        assert (error["extensions"]["code"], error["path"][-1]) == ("FORBIDDEN", name.partition(".")[2]), name
        assert scope is not None
        strong = await graph.new_key([Scope.READ, scope])
        assert await graph.ask(query, by=strong, **given), name


async def test_only_administrators_see_the_keys_of_others(graph: Graph) -> None:
    own = await graph.new_key([one for one in Scope if one is not HIDDEN["ApiKey"].scope])
    mine, other = encode("ApiKey", own.row.id), encode("ApiKey", graph.key.row.id)
    assert await graph.ask(KEY, by=own, id=other) == {"node": None, "nodes": [None], "viewer": {"key": {"id": mine}}}
    assert (await graph.ask(KEY, id=mine))["node"] == {"id": mine}
    seen = (await graph.ask(SUBJECTS, by=own))["events"]["edges"]
    assert [edge["node"] for edge in seen] == [{"type": "key.created", "subject": None}] * 2


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        ((), "203.0.113.9", True),
        (("203.0.113.0/24",), "203.0.113.9", True),
        (("203.0.113.0/24",), "::ffff:203.0.113.9", True),
        (("2001:db8::/32",), "2001:db8::1", True),
        (("203.0.113.0/24",), "198.51.100.1", False),
        (("203.0.113.0/24",), "not-an-address", False),
    ],
)
async def test_administrators_call_from_the_networks_that_the_operator_lists(
    graph: Graph, networks: tuple[str, ...], address: str, allowed: bool
) -> None:
    settings = graph.world.rt.settings.model_copy(update={"admin_networks": networks})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings)), address) as fenced:
        before = await graph.world.types()
        # What a caller says of itself counts only through a trusted proxy, which the server asks before us.
        fenced.http.headers.update({"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"})
        text = 'mutation { createApiKey(input: { name: "x", scopes: [READ] }) { __typename } }'
        answer = await fenced.answer(text)
        viewer = (await fenced.ask("{ viewer { scopes } }"))["viewer"]
        assert ("ADMIN" in viewer["scopes"], "OPERATOR" in viewer["scopes"]) == (allowed, allowed)
        operator = await fenced.answer('mutation { resumePlatform(input: { platform: "nowhere" }) { __typename } }')
    if allowed:
        assert answer["data"]["createApiKey"]["__typename"] == "ApiKeyCreated"
        assert operator["data"]["resumePlatform"]["__typename"] == "UnknownPlatform"
        return
    assert operator["errors"][0]["extensions"]["code"] == "ADDRESS_NOT_ALLOWED"
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "ADDRESS_NOT_ALLOWED"
    assert address in error["message"]
    assert "POSTD_ADMIN_NETWORKS" in error["extensions"]["hint"]
    assert await graph.world.types() == before
