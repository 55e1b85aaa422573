"""Uploads to the simulated LinkedIn: parts and marks, what is processed, who may look."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.linkedin import uploads
from tests.connectors.sandbox.clients import Control, png
from tests.connectors.sandbox.linkedin.client import LinkedInClient, part

SIZE = 100_000


async def begin(carol: LinkedInClient, kind: str, **more: Any) -> dict[str, Any]:
    wanted = {"initializeUploadRequest": {"owner": carol.author, **more}}
    answer = await carol.ask("POST", f"/rest/{kind}s?action=initializeUpload", json=wanted)
    assert answer.status_code == 200, answer.text
    named: dict[str, Any] = answer.json()["value"]
    return named


async def video(carol: LinkedInClient) -> dict[str, Any]:
    return await begin(carol, "video", fileSizeBytes=SIZE, uploadCaptions=False, uploadThumbnail=False)


async def send(carol: LinkedInClient, url: str, content: bytes) -> Any:
    return await carol.http.put(url, content=content, headers={"content-type": "application/octet-stream"})


async def test_a_picture_is_ready_once_its_bytes_are_there(carol: LinkedInClient) -> None:
    named = await begin(carol, "image")
    path = f"/rest/images/{part(named['image'])}"
    assert (await carol.ask("GET", path)).json()["status"] == "WAITING_UPLOAD"
    early = await carol.post("Too soon", content={"media": {"id": named["image"]}})
    assert early.json()["errorDetails"]["inputErrors"][0]["code"] == "MEDIA_ASSET_WAITING_UPLOAD"
    headers = {"authorization": f"Bearer {carol.token}"}
    assert (await carol.http.put(named["uploadUrl"], content=png(), headers=headers)).status_code == 201
    assert (await carol.ask("GET", path)).json()["status"] == "AVAILABLE"
    assert (await carol.post("A square", content={"media": {"id": named["image"]}})).status_code == 201


async def test_a_videos_parts_are_marked_and_counted(
    carol: LinkedInClient, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PART_BYTES", 60_000)
    named = await video(carol)
    parts = [(one["firstByte"], one["lastByte"]) for one in named["uploadInstructions"]]
    assert parts == [(0, 59_999), (60_000, 99_999)]
    urls = [one["uploadUrl"] for one in named["uploadInstructions"]]
    assert (await send(carol, urls[0], b"a" * 60_001)).status_code == 400
    answers = [await send(carol, urls[0], b"a" * 60_000), await send(carol, urls[1], b"b" * 40_000)]
    marks = [answer.headers["etag"].strip('"') for answer in answers]
    for given, status in ((marks[::-1], 400), (marks, 200)):
        wanted = {"finalizeUploadRequest": {"video": named["video"], "uploadToken": "", "uploadedPartIds": given}}
        assert (await carol.ask("POST", "/rest/videos?action=finalizeUpload", json=wanted)).status_code == status
    path = f"/rest/videos/{part(named['video'])}"
    states = [(await carol.ask("GET", path)).json()["status"] for _ in range(2)]
    assert states == ["PROCESSING", "AVAILABLE"]


async def test_a_signed_address_takes_no_token_and_ends(carol: LinkedInClient, control: Control) -> None:
    url = (await video(carol))["uploadInstructions"][0]["uploadUrl"]
    headers = {"content-type": "application/octet-stream", "authorization": f"Bearer {carol.token}"}
    assert (await carol.http.put(url, content=b"a" * SIZE, headers=headers)).status_code == 400
    await control.ask("POST", "/clock", {"advance": 86_400})
    late = await send(carol, url, b"a" * SIZE)
    assert (late.status_code, late.json()["code"]) == (400, "EXPIRED_UPLOAD_URL")


async def test_who_may_only_post_may_not_look(carol: LinkedInClient, control: Control) -> None:
    less = await LinkedInClient.of(carol.http, carol.url, control, scopes="w_member_social")
    urn = (await begin(less, "image"))["image"]
    assert (await less.ask("GET", f"/rest/images/{part(urn)}")).status_code == 403
