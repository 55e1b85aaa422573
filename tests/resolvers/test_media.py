from __future__ import annotations

from schema.node import encode
from tests.fixtures.graph import Graph

CREATED = (
    "... on MediaUploadCreated { media { id state filename } upload { url method headers { name value } expiresAt } }"
)


async def test_an_upload_is_announced(graph: Graph) -> None:
    answer = await graph.do("createMediaUpload", CREATED, filename="cat.png", mime="image/png", size=1000, alt="A cat")
    assert (answer["media"]["state"], answer["media"]["filename"]) == ("AWAITING_UPLOAD", "cat.png")
    assert answer["upload"]["method"] == "PUT"
    assert {"name": "Content-Type", "value": "image/png"} in answer["upload"]["headers"]
    again = "... on MediaNotReady { __typename }"
    assert (await graph.do("completeMediaUpload", again, mediaId=answer["media"]["id"]))["code"] == "MEDIA_NOT_READY"


async def test_a_file_that_no_platform_takes_is_refused(graph: Graph) -> None:
    answer = await graph.do("createMediaUpload", CREATED, filename="x.exe", mime="application/x-msdownload", size=10)
    assert answer["__typename"] == "MediaRefused"


async def test_an_address_that_must_not_be_called_is_refused(graph: Graph) -> None:
    answer = await graph.do("importMedia", "", url="http://127.0.0.1:1/cat.png")
    assert answer["__typename"] == "MediaRefused"


async def test_a_post_shows_its_file(graph: Graph) -> None:
    made = await graph.do("createMediaUpload", CREATED, filename="cat.png", mime="image/png", size=1000)
    account = await graph.account()
    fields = "... on InvalidContent { problems { rule fix } }"
    given = {"content": {"text": "x", "media": [{"mediaId": made["media"]["id"]}]}}
    targets = [{"connectionId": encode("Connection", account.id)}]
    answer = await graph.do("schedulePost", fields, targets=targets, **given)
    assert [problem["rule"] for problem in answer["problems"]] == ["media.ready"]
