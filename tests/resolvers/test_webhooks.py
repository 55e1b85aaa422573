from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.domain.keys.model import Scope
from app.flows.webhooks import process as processing
from app.flows.webhooks.process import process
from connectors.meta import webhooks as parsing
from schema.node import encode
from tests.fixtures.deliveries import Incoming, comment
from tests.fixtures.graph import Graph

LIST = """
query($platform: String, $state: WebhookState, $first: Int, $after: Cursor) {
  webhookDeliveries(platform: $platform, state: $state, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { id platform state problem notices {
      kind outcome details { field value } connection { id } } } }
  }
}
"""
REPLAYED = "... on WebhookReplayed { delivery { id state problem } }"


async def listed(graph: Graph, **wanted: Any) -> list[dict[str, Any]]:
    page = (await graph.ask(LIST, first=5, **wanted))["webhookDeliveries"]
    nodes = [edge["node"] for edge in page["edges"]]
    assert page["totalCount"] >= len(nodes)
    return nodes


async def dead(graph: Graph, incoming: Incoming, account: str, monkeypatch: pytest.MonkeyPatch) -> UUID:
    async def failing(*_: Any) -> str:
        raise KeyError("bug")

    delivery = await incoming.take(comment(account))
    with monkeypatch.context() as patch:
        patch.setattr(processing, "effect", failing)
        for _ in range(graph.world.rt.settings.timing.max_attempts):
            await process(graph.world.rt, delivery)
    return delivery


async def test_a_workspace_sees_what_concerns_it_and_nothing_else(graph: Graph, other_graph: Graph) -> None:
    incoming = Incoming(graph.world)
    page = await incoming.page(external_id="r1")
    await incoming.page(other_graph.world, external_id="r2")
    both = comment("r1")[:-2] + b"," + comment("r2", message="theirs alone").split(b'"entry": [')[1]
    await incoming.process(both)
    (mine,) = await listed(graph)
    assert (mine["platform"], mine["state"], mine["problem"]) == ("facebook", "APPLIED", None)
    (notice,) = mine["notices"]
    assert (notice["kind"], notice["outcome"]) == ("comment.added", "An event was recorded.")
    assert notice["connection"] == {"id": encode("Connection", page.id)}
    assert {one["field"]: one["value"] for one in notice["details"]}["text"] == "hi 1"
    assert "theirs alone" not in str(mine)
    (theirs,) = await listed(other_graph)
    assert "theirs alone" in str(theirs)
    assert theirs["id"] != mine["id"]


async def test_filters_and_pages(graph: Graph) -> None:
    incoming = Incoming(graph.world)
    await incoming.page(external_id="r3")
    for number in range(3):
        await incoming.process(comment("r3", number))
    assert len(await listed(graph, platform="facebook")) == 3
    assert await listed(graph, platform="linkedin") == []
    assert await listed(graph, state="DEAD") == []
    first = (await graph.ask(LIST, first=2))["webhookDeliveries"]
    assert first["pageInfo"]["hasNextPage"]
    rest = (await graph.ask(LIST, first=2, after=first["pageInfo"]["endCursor"]))["webhookDeliveries"]
    seen = [edge["node"]["id"] for page in (first, rest) for edge in page["edges"]]
    assert len(set(seen)) == 3


async def test_a_dead_delivery_is_replayed(graph: Graph, other_graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    incoming = Incoming(graph.world)
    await incoming.page(external_id="r4")
    delivery = await dead(graph, incoming, "r4", monkeypatch)
    (node,) = await listed(graph, state="DEAD")
    assert node["problem"]
    foreign = await other_graph.do("replayWebhook", REPLAYED, deliveryId=node["id"])
    assert (foreign["__typename"], foreign["path"]) == ("NotFound", ["input", "deliveryId"])
    answer = await graph.do("replayWebhook", REPLAYED, deliveryId=node["id"])
    assert answer["delivery"] == {"id": node["id"], "state": "WAITING", "problem": None}
    await process(graph.world.rt, delivery)
    (now_applied,) = await listed(graph)
    assert now_applied["state"] == "APPLIED"
    again = await graph.do("replayWebhook", REPLAYED, deliveryId=node["id"])
    assert (again["__typename"], again["code"]) == ("WebhookNotReplayable", "WEBHOOK_NOT_REPLAYABLE")


@pytest.mark.parametrize("given", ["", "x", "01a1fc84-8bbf-71d1-9d97-aeb33473f263"])
async def test_what_is_not_there_is_not_replayed(graph: Graph, given: str) -> None:
    assert (await graph.do("replayWebhook", REPLAYED, deliveryId=given))["__typename"] == "NotFound"


async def test_both_need_the_scope_of_administrators(graph: Graph) -> None:
    key = await graph.new_key([scope for scope in Scope if scope is not Scope.ADMIN])
    assert await graph.code("{ webhookDeliveries { totalCount } }", by=key) == "FORBIDDEN"
    replay = 'mutation { replayWebhook(input: { deliveryId: "x" }) { __typename } }'
    assert await graph.code(replay, by=key) == "FORBIDDEN"


async def test_by_force_one_is_read_anew_that_an_earlier_release_did_not_understand(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = Incoming(graph.world)
    await incoming.page(external_id="r7")
    body = comment("r7")
    with monkeypatch.context() as patch:
        patch.setattr(parsing, "VERBS", {})
        delivery = await incoming.take(body)
        await process(graph.world.rt, delivery)
    (before,) = await listed(graph)
    assert [one["kind"] for one in before["notices"]] == ["unrecognised"]
    refused = await graph.do("replayWebhook", REPLAYED, deliveryId=before["id"])
    assert refused["__typename"] == "WebhookNotReplayable"
    assert await listed(graph) == [before]
    answer = await graph.do("replayWebhook", REPLAYED, deliveryId=before["id"], force=True)
    assert answer["delivery"]["state"] == "WAITING"
    await process(graph.world.rt, delivery)
    (after,) = await listed(graph)
    assert [(one["kind"], one["outcome"]) for one in after["notices"]] == [("comment.added", "An event was recorded.")]
    assert (await graph.world.types()).count("comment.added") == 1


async def test_by_force_nothing_is_done_twice(graph: Graph) -> None:
    incoming = Incoming(graph.world)
    await incoming.page(external_id="r8")
    delivery = await incoming.take(comment("r8"))
    for _ in range(3):
        await process(graph.world.rt, delivery)
        (node,) = await listed(graph)
        await graph.do("replayWebhook", REPLAYED, deliveryId=node["id"], force=True)
    assert (await graph.world.types()).count("comment.added") == 1
    waiting = await graph.do("replayWebhook", REPLAYED, deliveryId=node["id"], force=True)
    assert waiting["__typename"] == "WebhookNotReplayable"


async def test_by_force_a_delivery_whose_body_was_deleted_stays_as_it_is(graph: Graph) -> None:
    incoming = Incoming(graph.world)
    await incoming.page(external_id="r9")
    delivery = await incoming.take(comment("r9"))
    await process(graph.world.rt, delivery)
    await graph.world.update("webhook_deliveries", delivery, body=b"")
    (node,) = await listed(graph)
    refused = await graph.do("replayWebhook", REPLAYED, deliveryId=node["id"], force=True)
    assert refused["__typename"] == "WebhookNotReplayable"
    assert await listed(graph) == [node]
