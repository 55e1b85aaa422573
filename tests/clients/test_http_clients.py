"""Clients over HTTP: Apollo, urql, curl, Postman, Python and Go programs, each with the habits of its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx2
import pytest

from tests.clients.conftest import Client

NAME = "query Me { viewer { tenant { name __typename } scopes __typename } }"
JSON = "application/json"


def hash_of(document: str) -> dict[str, Any]:
    """The extension by which a client names a document instead of sending it."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(document.encode()).hexdigest()}}


def codes(answer: httpx2.Response) -> list[str]:
    return [error["extensions"]["code"] for error in answer.json()["errors"]]


# Apollo Client


async def test_apollo_sends_names_types_and_its_own_library(client: Client) -> None:
    body = {
        "operationName": "Me",
        "variables": {},
        "extensions": {"clientLibrary": {"name": "@apollo/client", "version": "4.0.0"}},
        "query": NAME,
    }
    accept = "application/graphql-response+json,application/json;q=0.9"
    answer = await client.post(body, accept=accept, apollographql_client_name="web")
    assert answer.status_code == 200
    viewer = answer.json()["data"]["viewer"]
    assert (viewer["__typename"], viewer["tenant"]["__typename"]) == ("Viewer", "Tenant")


async def test_apollo_is_told_by_its_own_words_to_send_the_document(client: Client) -> None:
    # Apollo's and urql's links look for this message or code, with status 200, and then send the document as well.
    first = await client.post({"operationName": "Me", "variables": {}, "extensions": hash_of(NAME)})
    assert first.status_code == 200
    (error,) = first.json()["errors"]
    assert error["message"] == "PersistedQueryNotFound"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert error["extensions"]["hint"]
    second = await client.post({"operationName": "Me", "variables": {}, "extensions": hash_of(NAME), "query": NAME})
    assert "errors" not in second.json()


async def test_a_document_goes_before_a_hash_that_is_not_its_own(client: Client) -> None:
    answer = await client.post({"query": NAME, "extensions": hash_of("{ other }")})
    assert "errors" not in answer.json()


async def test_a_batch_link_is_told_that_there_are_no_batches(client: Client) -> None:
    answer = await client.post([{"query": NAME}, {"query": NAME}])
    assert answer.status_code == 400
    assert "atch" in answer.text


async def test_a_deferred_part_is_refused_and_the_rest_goes_on(client: Client) -> None:
    query = "query { viewer { scopes ... @defer { tenant { name } } } }"
    answer = await client.post({"query": query}, accept="multipart/mixed; deferSpec=20220824, application/json")
    assert codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]


# urql


async def test_urql_that_prefers_get_is_told_how_to_ask(client: Client) -> None:
    for params in ({"query": NAME}, {"extensions": json.dumps(hash_of(NAME))}):
        headers = {"authorization": client.bearer, "accept": JSON}
        answer = await client.http.get(client.url, params=params, headers=headers)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        (error,) = answer.json()["errors"]
        assert "POST" in error["message"]
        assert error["extensions"]["hint"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_urql_leaves_out_and_takes_in_by_directives_and_fragments(client: Client, wanted: bool) -> None:
    query = """
      query Me($wanted: Boolean!) { viewer { ...Who scopes @include(if: $wanted) key @skip(if: $wanted) { name } } }
      fragment Who on Viewer { tenant { ...Named } }
      fragment Named on Tenant { name }
    """
    viewer = (await client.data(query, wanted=wanted))["viewer"]
    assert set(viewer) == ({"tenant", "scopes"} if wanted else {"tenant", "key"})


# curl, Postman, Insomnia


@pytest.mark.parametrize(
    "accept",
    ["*/*", JSON, "application/graphql-response+json", "application/graphql-response+json, application/json;q=0.9"],
)
async def test_curl_gets_json_whatever_kind_of_it_is_preferred(client: Client, accept: str) -> None:
    answer = await client.post({"query": NAME}, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    assert answer.json()["data"]["viewer"]["tenant"]["name"] == "Tests"


@pytest.mark.parametrize(
    "body",
    [
        {"query": NAME, "variables": None, "operationName": None},
        {"query": NAME, "variables": {}, "operationName": None, "extensions": None},
        {"query": NAME, "operationName": "Me"},
        {"query": f"\ufeff{NAME}\r\n# a comment\r\n", "id": "1", "unknown": True},
    ],
    ids=["nulls", "null extensions", "named", "more"],
)
async def test_postman_and_insomnia_send_nulls_and_more(client: Client, body: dict[str, Any]) -> None:
    answer = await client.post(body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["viewer"]["tenant"]["name"] == "Tests"


async def test_postman_chooses_among_several_operations(client: Client) -> None:
    both = f"{NAME} query Other {{ platforms {{ key }} }}"
    answer = await client.post({"query": both, "operationName": "Other"})
    assert set(answer.json()["data"]) == {"platforms"}
    unnamed = await client.post({"query": both, "operationName": None})
    assert codes(unnamed) == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await client.post({"query": both, "operationName": "Nobody"})).status_code == 400


@pytest.mark.parametrize("variables", ["{}", [], 5, "text"])
async def test_variables_that_are_no_object_are_refused(client: Client, variables: Any) -> None:
    answer = await client.post({"query": NAME, "variables": variables})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"5", b'"text"', b"{}", b'{"query": null}', b'{"query": 5}', b'{"query": ""}', b"\xff"]
)
async def test_what_is_no_request_is_a_client_error(client: Client, body: bytes) -> None:
    answer = await client.post(body, content_type=JSON)
    assert 400 <= answer.status_code < 500, answer.text


# Python and Go


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
    ],
)
async def test_go_and_java_name_a_charset(client: Client, content_type: str) -> None:
    answer = await client.post(json.dumps({"query": NAME}).encode(), content_type=content_type)
    assert answer.status_code == 200, answer.text


async def test_python_sends_text_of_every_script(client: Client) -> None:
    query = "query($k: String!) { platform(key: $k) { key } }"
    for text in ("zażółć 🦀 日本語", "\u2028", "a" * 5000, "\\u0000"):
        raw = json.dumps({"query": query, "variables": {"k": text}}, ensure_ascii=False).encode()
        answer = await client.post(raw, content_type=JSON)
        assert answer.json() == {"data": {"platform": None}}


async def test_a_character_that_no_database_keeps_is_refused_in_words(client: Client) -> None:
    query = """mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) {
      __typename ... on UserError { code message } } }"""
    raw = json.dumps({"query": query, "variables": {"input": {"name": "a\u0000b", "scopes": ["READ"]}}}).encode()
    answer = (await client.post(raw, content_type=JSON)).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert "U+0000" in error["message"]


async def test_a_mistake_is_an_error_with_a_code_and_a_place(client: Client) -> None:
    answer = await client.post({"query": "query { viewer { nothing } }"})
    (error,) = answer.json()["errors"]
    assert error["locations"] == [{"line": 1, "column": 18}]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_a_compressed_answer_is_not_promised(client: Client) -> None:
    answer = await client.post({"query": NAME}, accept_encoding="gzip, br, zstd")
    assert answer.json()["data"]["viewer"]["tenant"]["name"] == "Tests"


async def test_a_connection_is_kept_for_the_next_request(client: Client) -> None:
    for _ in range(3):
        answer = await client.post({"query": NAME})
        assert answer.headers.get("connection") != "close"
