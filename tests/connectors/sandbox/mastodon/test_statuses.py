"""Statuses: publishing once, refusing, editing, deleting, finding."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.connectors.sandbox.clients import Control, png
from tests.connectors.sandbox.mastodon.client import MastodonClient

ONE = "/api/v1/statuses/{id}"
POLL = {"options": ["yes", "no"], "expires_in": 600}


async def test_a_status_is_published(bob: MastodonClient, control: Control) -> None:
    status = (await bob.post("hi <b> #Tag", visibility="unlisted", language="de", spoiler_text="careful")).json()
    assert (status["visibility"], status["language"], status["sensitive"]) == ("unlisted", "de", True)
    assert status["content"].startswith("<p>hi &lt;b&gt; <a href=")
    assert [tag["name"] for tag in status["tags"]] == ["tag"]
    (post,) = (await control.ask("GET", "/ledger"))["posts"]
    assert (post["id"], post["text"], post["warning"]) == (status["id"], "hi <b> #Tag", "careful")
    assert (await bob.http.get(status["url"])).status_code == 200


async def test_the_same_key_gives_the_same_status_for_an_hour(bob: MastodonClient, control: Control) -> None:
    first = (await bob.post("once", key="k1")).json()["id"]
    assert (await bob.post("once", key="k1")).json()["id"] == first
    assert await control.texts("mastodon") == ["once"]
    await control.ask("POST", "/clock", {"advance": 3601})
    assert (await bob.post("once", key="k1")).json()["id"] != first
    assert await control.texts("mastodon") == ["once", "once"]


async def test_a_lost_answer_is_found_by_its_key(bob: MastodonClient, control: Control) -> None:
    await control.fault("error_after_effect", path="/api/v1/statuses", status=503)
    assert (await bob.post("once", key="k1")).status_code == 503
    assert (await bob.post("once", key="k1")).status_code == 200
    (post,) = (await control.ask("GET", "/ledger?key=k1"))["posts"]
    assert (post["text"], post["times_published"]) == ("once", 1)


async def test_media_are_shown_in_order(bob: MastodonClient, control: Control) -> None:
    red, blue = png("red"), png("blue")
    ids = [(await bob.upload(content, alt=alt)).json()["id"] for content, alt in ((red, "one"), (blue, "two"))]
    status = (await bob.post("", media_ids=ids)).json()
    assert [media["id"] for media in status["media_attachments"]] == ids
    (post,) = (await control.ask("GET", "/ledger"))["posts"]
    assert [media["sha256"] for media in post["media"]] == [hashlib.sha256(item).hexdigest() for item in (red, blue)]
    assert [media["alt"] for media in post["media"]] == ["one", "two"]


async def test_a_poll_is_published(bob: MastodonClient, control: Control) -> None:
    status = (await bob.post("which?", poll={**POLL, "multiple": True})).json()
    assert [option["title"] for option in status["poll"]["options"]] == ["yes", "no"]
    assert (status["poll"]["multiple"], status["poll"]["expired"]) == (True, False)
    await control.ask("POST", "/clock", {"advance": 600})
    assert (await bob.ask("GET", ONE, id=status["id"])).json()["poll"]["expired"] is True


async def test_a_form_is_understood_like_json(bob: MastodonClient, control: Control) -> None:
    form = {"status": "form", "poll[options][]": ["a", "b"], "poll[expires_in]": "600", "sensitive": "true"}
    answer = await bob.ask("POST", "/api/v1/statuses", data=form)
    assert (answer.json()["sensitive"], len(answer.json()["poll"]["options"])) == (True, 2)
    assert await control.violations() == []


@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("", {}, "Validation failed: Text can't be blank"),
        ("x" * 501, {}, "Validation failed: Text character limit of 500 exceeded"),
        ("x" * 499, {"spoiler_text": "xx"}, "Validation failed: Text character limit of 500 exceeded"),
        ("x", {"visibility": "secret"}, None),
        ("x", {"poll": {**POLL, "options": ["a"]}}, "Validation failed: Options must have more than one item"),
        ("x", {"poll": {**POLL, "options": ["a", "a"]}}, "Validation failed: Options contain duplicate items"),
        ("x", {"poll": {**POLL, "expires_in": 10}}, "Validation failed: Expires at is too soon"),
        ("x", {"poll": {"options": ["a", "b"]}}, "Validation failed: Expires at can't be blank"),
        ("x", {"media_ids": ["1"]}, "Media with ids 1 could not be attached"),
        ("x", {"media_ids": ["1", "2", "3", "4", "5"]}, "Cannot attach more than 4 files"),
        ("x", {"in_reply_to_id": "1"}, "Record not found"),
    ],
)
async def test_what_the_instance_refuses_is_not_published(
    bob: MastodonClient, control: Control, text: str, fields: dict[str, Any], words: str | None
) -> None:
    answer = await bob.post(text, key="k1", **fields)
    assert answer.status_code in (400, 404, 422)
    assert words in (None, answer.json()["error"])
    assert await control.texts("mastodon") == []
    assert (await bob.post("good", key="k1")).status_code == 200


async def test_an_address_counts_23_characters(bob: MastodonClient) -> None:
    address = "https://example.com/" + "a" * 300
    assert (await bob.post("x" * 476 + " " + address)).status_code == 200
    assert (await bob.post("x" * 477 + " " + address)).status_code == 422


async def test_images_and_video_do_not_mix(bob: MastodonClient, control: Control) -> None:
    await control.ask("PATCH", "/settings", {"media_processing": "never"})
    ids = [(await bob.upload()).json()["id"], (await bob.upload(b"film", "video/mp4")).json()["id"]]
    answer = await bob.post("both", media_ids=ids)
    words = "Cannot attach a video to a post that already contains images"
    assert (answer.status_code, answer.json()["error"]) == (422, words)


@pytest.mark.parametrize(
    "body", [{}, {"status": 5.5}, {"status": "x", "media_ids": "1"}, {"status": "x", "poll": {"options": "a"}}]
)
async def test_a_body_of_the_wrong_form_breaks_the_contract(
    bob: MastodonClient, control: Control, body: dict[str, Any]
) -> None:
    answer = await bob.ask("POST", "/api/v1/statuses", json=body)
    assert answer.status_code == 400
    assert len(await control.violations()) == 1
    assert await control.texts("mastodon") == []


async def test_a_thread_hangs_together(bob: MastodonClient, control: Control) -> None:
    first = (await bob.post("one")).json()["id"]
    second = (await bob.post("two", in_reply_to_id=first)).json()
    assert second["in_reply_to_id"] == first
    assert (await bob.ask("GET", ONE, id=first)).json()["replies_count"] == 1
    posts = (await control.ask("GET", "/ledger"))["posts"]
    assert [post["reply_to"] for post in posts] == [None, first]
    await bob.ask("DELETE", ONE, id=second["id"])
    assert (await bob.ask("GET", ONE, id=first)).json()["replies_count"] == 0


async def test_an_edit_changes_the_text_and_keeps_the_id(bob: MastodonClient, control: Control) -> None:
    status = (await bob.post("one", key="k1")).json()["id"]
    edited = (await bob.ask("PUT", ONE, id=status, json={"status": "two"})).json()
    assert (edited["id"], edited["content"]) == (status, "<p>two</p>")
    assert edited["edited_at"] is not None
    (post,) = (await control.ask("GET", "/ledger?key=k1"))["posts"]
    assert (post["text"], post["edits"]) == ("two", 1)


async def test_a_deletion_gives_the_text_back(bob: MastodonClient, control: Control) -> None:
    status = (await bob.post("gone")).json()["id"]
    assert (await bob.ask("DELETE", ONE, id=status)).json()["text"] == "gone"
    for method in ("DELETE", "GET"):
        assert (await bob.ask(method, ONE, id=status)).status_code == 404
    assert await control.texts("mastodon") == []


async def test_an_accounts_statuses_are_listed_newest_first(bob: MastodonClient) -> None:
    ids = [(await bob.post(text)).json()["id"] for text in ("a", "b", "c")]
    account = (await bob.ask("GET", "/api/v1/accounts/verify_credentials")).json()["id"]
    where = "/api/v1/accounts/{id}/statuses"

    async def listed(**params: Any) -> list[str]:
        answer = await bob.ask("GET", where, id=account, params=params)
        return [status["id"] for status in answer.json()]

    assert await listed(exclude_reblogs="true", limit=20) == ids[::-1]
    assert await listed(since_id=ids[0]) == [ids[2], ids[1]]
    assert await listed(min_id=ids[0], limit=1) == [ids[1]]
    assert await listed(max_id=ids[1]) == [ids[0]]


async def test_the_source_is_the_plain_text(bob: MastodonClient) -> None:
    status = (await bob.post("a & b")).json()["id"]
    source = await bob.ask("GET", "/api/v1/statuses/{id}/source", id=status)
    assert source.json() == {"id": status, "text": "a & b", "spoiler_text": ""}


async def test_statuses_are_read_in_bulk_with_their_counts(bob: MastodonClient, control: Control) -> None:
    status = (await bob.post("a")).json()["id"]
    counts = {"favourites_count": 3}
    await control.ask("POST", "/counts", {"platform": "mastodon", "id": status, "counts": counts})
    answer = await bob.ask("GET", "/api/v1/statuses", params={"id[]": [status, "1"]})
    assert [(item["id"], item["favourites_count"]) for item in answer.json()] == [(status, 3)]


async def test_a_private_status_is_for_its_author(bob: MastodonClient) -> None:
    status = (await bob.post("secret", visibility="private")).json()["id"]
    assert (await bob.ask("GET", ONE, id=status)).status_code == 200
    bob.token = ""
    assert (await bob.ask("GET", ONE, id=status)).status_code == 404


async def test_deletions_are_limited_to_thirty_in_half_an_hour(bob: MastodonClient, control: Control) -> None:
    ids = [(await bob.post(str(number))).json()["id"] for number in range(31)]
    answers = [await bob.ask("DELETE", ONE, id=status) for status in ids]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert await control.texts("mastodon") == ["30"]
