"""Uploads."""

from __future__ import annotations

import pytest

from connectors.sandbox.server import Sandbox
from tests.connectors.sandbox.clients import Control, png
from tests.connectors.sandbox.mastodon.client import MastodonClient

ONE = "/api/v1/media/{id}"


async def test_an_image_is_ready_at_once(bob: MastodonClient) -> None:
    answer = await bob.upload()
    body = answer.json()
    assert (answer.status_code, body["type"], body["description"]) == (200, "image", "A red square")
    assert (body["meta"]["original"]["width"], body["meta"]["original"]["height"]) == (8, 6)
    assert (await bob.http.get(body["url"])).content == png()


async def test_a_video_is_processed_first(bob: MastodonClient, control: Control) -> None:
    await control.ask("PATCH", "/settings", {"media_polls": 2})
    answer = await bob.upload(b"not looked into", "video/mp4")
    media = answer.json()
    assert (answer.status_code, media["url"]) == (202, None)
    refused = await bob.post("film", media_ids=[media["id"]])
    words = "Cannot attach files that have not finished processing. Try again in a moment!"
    assert (refused.status_code, refused.json()) == (422, {"error": words})
    statuses = [(await bob.ask("GET", ONE, id=media["id"])).status_code for _ in range(3)]
    assert statuses == [206, 206, 200]
    assert (await bob.post("film", media_ids=[media["id"]])).status_code == 200


@pytest.mark.parametrize(("setting", "status"), [("always", 202), ("never", 200)])
async def test_what_is_processed_can_be_chosen(
    bob: MastodonClient, control: Control, setting: str, status: int
) -> None:
    await control.ask("PATCH", "/settings", {"media_processing": setting})
    assert (await bob.upload()).status_code == status


@pytest.mark.parametrize(("content", "mime"), [(b"<html>", "text/html"), (b"not a picture", "image/png")])
async def test_a_file_that_is_no_media_is_refused(bob: MastodonClient, content: bytes, mime: str) -> None:
    answer = await bob.upload(content, mime)
    words = "Validation failed: File content type is invalid, File is invalid"
    assert (answer.status_code, answer.json()) == (422, {"error": words})


async def test_a_description_has_a_limit(bob: MastodonClient) -> None:
    assert (await bob.upload(alt="x" * 1500)).status_code == 200
    assert (await bob.upload(alt="x" * 1501)).status_code == 422


async def test_the_description_can_be_changed(bob: MastodonClient) -> None:
    media = (await bob.upload()).json()
    changed = await bob.ask("PUT", ONE, id=media["id"], json={"description": "Other"})
    assert changed.json()["description"] == "Other"


async def test_an_unused_file_can_be_deleted_and_a_used_one_not(bob: MastodonClient) -> None:
    unused, used = (await bob.upload()).json()["id"], (await bob.upload()).json()["id"]
    await bob.post("picture", media_ids=[used])
    assert (await bob.ask("DELETE", ONE, id=unused)).status_code == 200
    assert (await bob.ask("GET", ONE, id=unused)).status_code == 404
    assert (await bob.ask("DELETE", ONE, id=used)).status_code == 422


async def test_another_accounts_file_is_not_found(sandbox: Sandbox, bob: MastodonClient, control: Control) -> None:
    media = (await bob.upload()).json()["id"]
    token = (await control.ask("POST", "/tokens", {"platform": "mastodon", "handle": "bakery"}))["access_token"]
    other = MastodonClient(bob.http, sandbox.mastodon_url, token)
    assert (await other.ask("GET", ONE, id=media)).status_code == 404
    assert (await other.post("mine", media_ids=[media])).status_code == 422
    assert await control.texts("mastodon") == []


async def test_uploads_are_limited_to_thirty_in_half_an_hour(bob: MastodonClient, control: Control) -> None:
    answers = [await bob.upload() for _ in range(31)]
    assert answers[29].status_code == 200
    assert (answers[30].status_code, answers[30].headers["x-ratelimit-limit"]) == (429, "30")
    await control.ask("PATCH", "/settings", {"rate_limits": False})
    assert (await bob.upload()).status_code == 200
