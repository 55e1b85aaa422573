from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from resolvers import persisted
from tests.fixtures.graph import Graph, graph_of

LISTED = "query Me { viewer { scopes } }"
HASH = hashlib.sha256(LISTED.encode()).hexdigest()


@pytest.fixture
async def locked(graph: Graph, tmp_path: Path) -> AsyncIterator[Graph]:
    """Give the API that executes one document only."""
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({HASH: LISTED}))
    settings = graph.world.rt.settings.model_copy(update={"persisted_only": True, "persisted_documents": file})
    async with graph_of(replace(graph.world, rt=replace(graph.world.rt, settings=settings))) as made:
        yield made


def asked(key: str) -> dict[str, object]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}}


async def test_a_listed_document_is_executed_by_its_hash(locked: Graph) -> None:
    answer = (await locked.post(asked(HASH))).json()
    assert "READ" in answer["data"]["viewer"]["scopes"]


async def test_a_listed_document_is_executed_by_its_text(locked: Graph) -> None:
    assert "errors" not in await locked.answer(LISTED)


async def test_nothing_else_is_executed(locked: Graph) -> None:
    assert await locked.code("{ viewer { scopes } }") == "PERSISTED_DOCUMENT_NOT_FOUND"
    (error,) = (await locked.post(asked("0" * 64))).json()["errors"]
    assert error["extensions"]["code"] == "PERSISTED_DOCUMENT_NOT_FOUND"
    named = await locked.post({"query": "query Other { __typename }", "operationName": "Other"})
    assert named.json()["errors"][0]["extensions"]["code"] == "PERSISTED_DOCUMENT_NOT_FOUND"


async def test_without_the_setting_every_document_is_executed(graph: Graph) -> None:
    assert "errors" not in await graph.answer("{ __typename }")
    (error,) = (await graph.post(asked(HASH))).json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")


async def test_a_request_without_a_document_is_told_so(graph: Graph) -> None:
    assert (await graph.post({"variables": {}})).status_code == 400


def test_a_list_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({HASH: "{ __typename }"}))
    with pytest.raises(ValueError, match="another hash"):
        persisted.listed(file)
