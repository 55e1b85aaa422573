from __future__ import annotations

from dataclasses import replace

from app.domain.media.model import MediaFile
from app.services.vault import generate_key
from schema.node import encode
from tests.app.flows.media import uploads
from tests.app.flows.media.keeping import uploaded
from tests.fixtures.graph import Graph


async def stored(graph: Graph, data: bytes) -> MediaFile:
    """A file that is ready."""
    world = graph.world
    settings = world.rt.settings.model_copy(update={"vault_keys": generate_key()})
    return await uploaded(replace(world, rt=replace(world.rt, settings=settings)), data)


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


async def test_a_file_tells_what_it_is_and_how_far_its_copies_are(graph: Graph) -> None:
    file = await stored(graph, uploads.image())
    fields = "... on Media { state width duration pages copies { platform { key } state problem } }"
    answer = await graph.ask(f"query($id: ID!) {{ node(id: $id) {{ {fields} }} }}", id=encode("Media", file.id))
    found = answer["node"]
    assert (found["state"], found["width"], found["duration"], found["pages"]) == ("READY", 40, None, None)
    states = {copy["platform"]["key"]: (copy["state"], copy["problem"]) for copy in found["copies"]}
    enough = ("bluesky", "facebook", "linkedin", "mastodon", "scripted")
    # Instagram takes JPEG alone, and the file is a PNG.
    assert states == {"instagram": ("WAITING", None)} | dict.fromkeys(enough, ("NOT_NEEDED", None))


async def test_a_file_is_deleted(graph: Graph) -> None:
    file = await stored(graph, uploads.image())
    key = encode("Media", file.id)
    assert await graph.do("deleteMedia", "... on MediaDeleted { mediaId }", mediaId=key) == {
        "__typename": "MediaDeleted",
        "mediaId": key,
    }
    assert (await graph.do("deleteMedia", "", mediaId=key))["__typename"] == "NotFound"


async def test_a_file_that_a_post_waits_with_is_not_deleted(graph: Graph) -> None:
    file = await stored(graph, uploads.image())
    job = await graph.world.job()
    use = "INSERT INTO post_media (tenant_id, media_id, post_id) VALUES ($1, $2, $3)"
    await graph.world.owner.execute(use, graph.world.tenant, file.id, job.post_id)
    answer = await graph.do("deleteMedia", "... on MediaInUse { post { id } hint }", mediaId=encode("Media", file.id))
    assert (answer["code"], answer["post"]["id"]) == ("MEDIA_IN_USE", encode("Post", job.post_id))
