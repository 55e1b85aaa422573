"""The audit log: every administrative verb writes one line, which says who did what, from where, in which request."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.domain.audit.sentences import DONE, sentence
from app.domain.keys.model import Scope
from app.domain.people.roles import Role
from app.services.vault import generate_key
from resolvers.authorization import FIELDS
from schema.node import encode
from tests.docs.markdown import PROJECT
from tests.fixtures.deliveries import Incoming
from tests.fixtures.graph import Graph
from tests.fixtures.people import someone
from tests.resolvers.test_select_accounts import choose
from tests.resolvers.test_webhooks import dead

LOG = """query($filter: AuditFilterInput, $first: Int, $after: Cursor) {
  auditLog(filter: $filter, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
    edges { node { id at sentence verb actor { ref name } subjectKind subjectId requestId address
      details { field value } } } } }"""
NEW = "new@example.org"
ADMINISTRATIVE = {Scope.CONNECTIONS, Scope.ADMIN, Scope.OPERATOR}
VERBS = re.compile(
    r'(?:verb(?:: str = |=| = )|(?:audit(?:_everywhere)?|_note|_ended)\([^"\n]*|_written\(rt, by, |name: str = )'
    r'"([a-z]+\.[a-z_]+)"'
)


async def lines(graph: Graph, **wanted: Any) -> list[dict[str, Any]]:
    page = (await graph.ask(LOG, filter=wanted, first=100))["auditLog"]
    assert page["totalCount"] == len(page["edges"])
    return [edge["node"] for edge in page["edges"]]


async def test_every_administrative_mutation_writes_one_line(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    # What signs the links of invitations.
    monkeypatch.setitem(graph.world.rt.settings.__dict__, "vault_keys", SecretStr(generate_key()))
    incoming = Incoming(graph.world)
    await incoming.page(external_id="p1")
    await dead(graph, incoming, "p1", monkeypatch)
    deliveries = "{ webhookDeliveries { edges { node { id } } } }"
    delivery = (await graph.ask(deliveries))["webhookDeliveries"]["edges"][0]["node"]["id"]
    account = encode("Connection", (await graph.account("mastodon")).id)
    doomed = encode("ApiKey", (await graph.new_key()).row.id)
    somebody = encode("Member", (await someone(graph.world, Role.EDITOR)).id)
    made: dict[str, Any] = {}
    calls: dict[str, tuple[str, Callable[[], Awaitable[Any]]]] = {
        "startConnection": (
            "connection.offer",
            lambda: graph.do("startConnection", "", platform="mastodon"),
        ),
        "reconnectConnection": (
            "connection.offer",
            lambda: graph.do("reconnectConnection", "", connectionId=account),
        ),
        "pauseConnection": ("connection.pause", lambda: graph.do("pauseConnection", "", connectionId=account)),
        "resumeConnection": ("connection.resume", lambda: graph.do("resumeConnection", "", connectionId=account)),
        "disconnectConnection": (
            "connection.revoke",
            lambda: graph.do("disconnectConnection", "", connectionId=account),
        ),
        "decidePublishingRules": (
            "rules.decide",
            lambda: graph.do("decidePublishingRules", "", afterPublishBy="ASK"),
        ),
        "createApiKey": ("key.create", lambda: graph.do("createApiKey", "", name="x", scopes=["READ"])),
        "revokeApiKey": ("key.revoke", lambda: graph.do("revokeApiKey", "", keyId=doomed)),
        "pausePlatform": ("platform.pause", lambda: graph.do("pausePlatform", "", platform="mastodon", reason="r")),
        "resumePlatform": ("platform.resume", lambda: graph.do("resumePlatform", "", platform="mastodon")),
        "inviteMember": (
            "member.invite",
            lambda: graph.do("inviteMember", "... on MemberInvited { invitation { id } }", address=NEW, role="VIEWER"),
        ),
        "revokeInvitation": (
            "member.revoke_invitation",
            lambda: graph.do("revokeInvitation", "", invitationId=made["inviteMember"]["invitation"]["id"]),
        ),
        "changeMemberRole": (
            "member.change_role",
            lambda: graph.do("changeMemberRole", "", memberId=somebody, role="VIEWER"),
        ),
        "removeMember": ("member.remove", lambda: graph.do("removeMember", "", memberId=somebody)),
        "replayWebhook": ("webhook.replay", lambda: graph.do("replayWebhook", "", deliveryId=delivery)),
    }
    for name, (verb, call) in calls.items():
        known = {line["id"] for line in await lines(graph)}
        made[name] = answer = await call()
        new = [line for line in await lines(graph) if line["id"] not in known]
        assert [line["verb"] for line in new] == [verb], (name, answer)
        (line,) = new
        assert line["actor"] == {"ref": f"key:{graph.key.row.id}", "name": "the API key tests"}
        assert (line["address"], len(line["requestId"])) == ("127.0.0.1", 32)
        assert line["sentence"].endswith("By the API key tests.")
        assert "{" not in line["sentence"]
        assert "?" not in line["sentence"], line
    await choose(graph, 2, 1)
    assert [line["verb"] for line in (await lines(graph))[:2]] == ["connection.connect", "connection.offer"]
    mutations = {name.partition(".")[2] for name, rule in FIELDS.items() if rule.scope in ADMINISTRATIVE}
    assert {*calls, "selectAccounts"} == mutations - {"webhookDeliveries", "auditLog", "invitations"}


async def test_lines_are_found_by_who_what_about_what_and_when(graph: Graph) -> None:
    doomed = await graph.new_key()
    key = encode("ApiKey", doomed.row.id)
    await graph.do("revokeApiKey", "", keyId=key)
    (revoked, *_) = everything = await lines(graph)
    assert [line["verb"] for line in everything] == ["key.revoke", "key.create", "key.create"]
    assert revoked["subjectId"] == key
    assert revoked["details"] == [{"field": "name", "value": "tests"}]
    assert await lines(graph, verb="key.revoke") == [revoked]
    assert [line["verb"] for line in await lines(graph, subject=key)] == ["key.revoke", "key.create"]
    assert await lines(graph, subject=str(doomed.row.id)) == await lines(graph, subject=key)
    assert await lines(graph, actor=f"key:{graph.key.row.id}") == [revoked]
    assert await lines(graph, **{"from": revoked["at"]}) == [revoked]
    assert await lines(graph, to=revoked["at"]) == everything[1:]


async def test_the_log_is_read_page_by_page_newest_first(graph: Graph) -> None:
    for _ in range(3):
        await graph.new_key()
    found: list[str] = []
    after = None
    while True:
        page = (await graph.ask(LOG, first=3, after=after))["auditLog"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [line["id"] for line in await lines(graph)]
    assert len(found) == 4


async def test_the_log_of_another_workspace_is_not_shown(graph: Graph, other_graph: Graph) -> None:
    theirs = encode("ApiKey", other_graph.key.row.id)
    assert await lines(graph, subject=theirs) == []
    assert {line["subjectId"] for line in await lines(other_graph)} == {theirs}


async def test_a_line_without_a_name_is_told_with_its_keys(graph: Graph) -> None:
    query = "UPDATE audit_log SET actor = $2, actor_name = NULL WHERE tenant_id = $1"
    for actor, name in (
        (f"key:{graph.key.row.id}", "the API key tests"),
        (f"key:{UUID(int=7)}", f"the API key {UUID(int=7)}"),
        ("key:made-up", "the API key made-up"),
        ("system", "postd itself"),
    ):
        await graph.world.owner.execute(query, graph.world.tenant, actor)
        (line,) = await lines(graph)
        assert line["actor"] == {"ref": actor, "name": name}


def test_every_verb_that_is_written_has_its_sentence() -> None:
    sources = [
        path.read_text() for room in ("app/actions", "app/flows", "app/cli") for path in (PROJECT / room).rglob("*.py")
    ]
    assert {verb for text in sources for verb in VERBS.findall(text)} == set(DONE)


def test_what_a_newer_release_has_written_is_told_by_its_verb() -> None:
    assert sentence("future.verb", {}, "cli", "root") == "future.verb. By root, on the command line."
    assert UUID(int=0).hex in sentence("key.revoke", {"name": "n"}, f"key:{UUID(int=0).hex}", None)
