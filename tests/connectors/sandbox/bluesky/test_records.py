"""Records: what is a write, what is not, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.bluesky.lexicon import check_output
from tests.connectors.sandbox.clients import CREATED_AT, POST, RKEY, BlueskyClient, Control

NEXT_RKEY = "3n2rhspqaru4j"


async def test_a_put_creates_the_record(alice: BlueskyClient, control: Control) -> None:
    answer = await alice.put("hello")
    check_output("com.atproto.repo.putRecord", answer.json())
    assert answer.json()["uri"] == f"at://{alice.did}/{POST}/{RKEY}"
    assert answer.json()["validationStatus"] == "valid"
    assert "commit" in answer.json()
    assert await control.texts("bluesky") == ["hello"]


async def test_the_same_put_again_writes_nothing(alice: BlueskyClient, control: Control) -> None:
    first, second = (await alice.put()).json(), (await alice.put()).json()
    assert (second["uri"], second["cid"]) == (first["uri"], first["cid"])
    assert "commit" not in second
    assert len((await control.ask("GET", "/ledger/effects"))["effects"]) == 1


async def test_swap_null_lets_the_same_content_pass_without_a_write(alice: BlueskyClient, control: Control) -> None:
    first = (await alice.put(swapRecord=None)).json()
    again = await alice.put(swapRecord=None)
    assert again.status_code == 200
    assert again.json() == {name: first[name] for name in ("uri", "cid", "validationStatus")}
    assert len((await control.ask("GET", "/ledger/effects"))["effects"]) == 1


async def test_another_content_overwrites(alice: BlueskyClient, control: Control) -> None:
    first, second = (await alice.put("one")).json(), (await alice.put("two")).json()
    assert first["cid"] != second["cid"]
    (post,) = (await control.ask("GET", "/ledger"))["posts"]
    assert (post["text"], post["edits"], post["times_published"]) == ("two", 1, 1)


async def test_swap_null_protects_an_existing_record(alice: BlueskyClient, control: Control) -> None:
    cid = (await alice.put("one")).json()["cid"]
    answer = await alice.put("two", swapRecord=None)
    assert (answer.status_code, answer.json()) == (400, {"error": "InvalidSwap", "message": f"Record was at {cid}"})
    assert await control.texts("bluesky") == ["one"]
    assert (await alice.put("two", swapRecord=cid)).status_code == 200


async def test_creating_with_a_key_that_exists_answers_500_and_writes_nothing(
    alice: BlueskyClient, control: Control
) -> None:
    await alice.put("one")
    record = {"$type": POST, "text": "two", "createdAt": CREATED_AT}
    body = {"repo": alice.did, "collection": POST, "rkey": RKEY, "record": record}
    answer = await alice.post("repo.createRecord", body)
    assert (answer.status_code, answer.json()["error"]) == (500, "InternalServerError")
    assert await control.texts("bluesky") == ["one"]
    assert (await alice.post("repo.createRecord", {**body, "rkey": NEXT_RKEY})).status_code == 200


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"text": "x" * 301},
            "Invalid app.bsky.feed.post record: grapheme too big (maximum 300, got 301) at $.record.text",
        ),
        ({"rkey": "not-a-tid"}, "Invalid record key for app.bsky.feed.post: expected a TID, got not-a-tid"),
    ],
)
async def test_a_record_that_breaks_its_lexicon_is_refused_and_noted(
    alice: BlueskyClient, control: Control, more: dict[str, Any], words: str
) -> None:
    answer = await alice.put(**more)
    assert (answer.status_code, answer.json()) == (400, {"error": "InvalidRequest", "message": words})
    assert await control.violations() == [words]
    assert await control.texts("bluesky") == []


async def test_a_body_that_breaks_its_lexicon_is_refused_and_noted(alice: BlueskyClient, control: Control) -> None:
    answer = await alice.post("repo.putRecord", {"repo": alice.did, "collection": POST, "rkey": RKEY})
    words = 'Invalid com.atproto.repo.putRecord input: Missing required key "record" at $.input'
    assert (answer.status_code, answer.json()["message"]) == (400, words)
    assert await control.violations() == [words]


async def test_another_accounts_repository_is_refused(alice: BlueskyClient, control: Control) -> None:
    record = {"$type": POST, "text": "hi", "createdAt": CREATED_AT}
    body = {"repo": "bakery.test", "collection": POST, "rkey": RKEY, "record": record}
    answer = await alice.post("repo.putRecord", body)
    assert (answer.status_code, answer.json()["error"]) == (403, "AccountNotFound")
    assert await control.texts("bluesky") == []


async def test_a_record_can_be_read_by_its_key(alice: BlueskyClient) -> None:
    cid = (await alice.put("hello")).json()["cid"]
    answer = await alice.get("com.atproto.repo.getRecord", repo="alice.test", collection=POST, rkey=RKEY)
    check_output("com.atproto.repo.getRecord", answer.json())
    assert (answer.json()["cid"], answer.json()["value"]["text"]) == (cid, "hello")
    missing = await alice.get("com.atproto.repo.getRecord", repo=alice.did, collection=POST, rkey=NEXT_RKEY)
    assert (missing.status_code, missing.json()["error"]) == (400, "RecordNotFound")


async def test_records_are_listed_newest_first_in_pages(alice: BlueskyClient) -> None:
    for letter in "abc":
        await alice.put(letter, rkey=f"3n2rhspqaru4{letter}")
    where: dict[str, Any] = {"repo": alice.did, "collection": POST, "limit": 2}
    first = (await alice.get("com.atproto.repo.listRecords", **where)).json()
    check_output("com.atproto.repo.listRecords", first)
    rest = (await alice.get("com.atproto.repo.listRecords", **where, cursor=first["cursor"])).json()
    assert [record["value"]["text"] for record in first["records"] + rest["records"]] == ["c", "b", "a"]


async def test_deleting_is_repeatable(alice: BlueskyClient, control: Control) -> None:
    await alice.put()
    body = {"repo": alice.did, "collection": POST, "rkey": RKEY}
    first, second = await alice.post("repo.deleteRecord", body), await alice.post("repo.deleteRecord", body)
    assert ("commit" in first.json(), second.json()) == (True, {})
    assert await control.texts("bluesky") == []


async def test_several_writes_are_done_together_or_not_at_all(alice: BlueskyClient, control: Control) -> None:
    def create(rkey: str, text: str) -> dict[str, Any]:
        value = {"$type": POST, "text": text, "createdAt": CREATED_AT}
        return {"$type": "com.atproto.repo.applyWrites#create", "collection": POST, "rkey": rkey, "value": value}

    bad = {"repo": alice.did, "writes": [create(RKEY, "one"), create(NEXT_RKEY, "x" * 301)]}
    assert (await alice.post("repo.applyWrites", bad)).status_code == 400
    assert await control.texts("bluesky") == []
    good = {"repo": alice.did, "writes": [create(RKEY, "one"), create(NEXT_RKEY, "two")]}
    answer = await alice.post("repo.applyWrites", good)
    check_output("com.atproto.repo.applyWrites", answer.json())
    assert await control.texts("bluesky") == ["one", "two"]


async def test_writes_are_limited_by_points(alice: BlueskyClient) -> None:
    assert (await alice.put("one")).headers["ratelimit-remaining"] == "4997"
    assert (await alice.put("two")).headers["ratelimit-remaining"] == "4995"


async def test_counts_are_public(alice: BlueskyClient, control: Control) -> None:
    parent = (await alice.put("one")).json()
    ref = {"uri": parent["uri"], "cid": parent["cid"]}
    await alice.put("reply", rkey=NEXT_RKEY, reply={"root": ref, "parent": ref})
    await control.ask("POST", "/counts", {"platform": "bluesky", "id": parent["uri"], "counts": {"likeCount": 7}})
    answer = (await alice.get("app.bsky.feed.getPosts", uris=[parent["uri"], f"{parent['uri'][:-1]}z"])).json()
    check_output("app.bsky.feed.getPosts", answer)
    (post,) = answer["posts"]
    assert (post["likeCount"], post["replyCount"], post["repostCount"]) == (7, 1, 0)
    profile = (await alice.get("app.bsky.actor.getProfile", actor="alice.test")).json()
    check_output("app.bsky.actor.getProfile", profile)
    assert (profile["postsCount"], profile["followersCount"]) == (2, 0)
