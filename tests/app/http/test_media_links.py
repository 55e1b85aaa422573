"""A platform that fetches files gets exactly the bytes that a platform that is sent them would get."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx2
import pytest

from app.actions.posts.compose import as_part
from app.domain.media.model import MediaFile
from app.flows.media.intake import CreateUpload, complete_upload, create_upload
from app.flows.publishing.files import prepared_files
from connectors.contract import Media
from connectors.image_rules import ImageRules
from tests.app.flows.media import uploads
from tests.fixtures.site import Site

SMALL = ImageRules(max_bytes=100_000, max_side=100, types=("image/jpeg",))


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client."""
    async with httpx2.AsyncClient() as client:
        yield client


async def uploaded(site: Site, http: httpx2.AsyncClient, data: bytes, mime: str) -> MediaFile:
    upload = await create_upload(site.rt, site.tenant, "key:tests", CreateUpload("loaf", mime, len(data)))
    assert (await http.put(upload.url, content=data)).status_code == 204
    return await complete_upload(site.rt, site.tenant, "key:tests", upload.media.id)


async def prepared(site: Site, media_id: UUID, rules: ImageRules | None) -> Media:
    part = {"text": "", "media": [{"id": str(media_id)}]}
    files = await prepared_files(site.rt, site.tenant, part, rules)
    return as_part(part, files.rows, files.opener, files.linker).media[0]


async def opened(media: Media) -> bytes:
    return b"".join([chunk async for chunk in media.open()])


@pytest.mark.parametrize(
    ("data", "mime", "rules", "sent"),
    [
        (uploads.image(size=(400, 200)), "image/png", SMALL, "image/jpeg"),
        (uploads.image(size=(400, 200)), "image/png", None, "image/png"),
        (uploads.video(), "video/mp4", SMALL, "video/mp4"),
        (uploads.pdf(), "application/pdf", SMALL, "application/pdf"),
    ],
    ids=["copy", "original", "video", "document"],
)
async def test_the_address_gives_what_is_opened(
    site: Site, http: httpx2.AsyncClient, data: bytes, mime: str, rules: ImageRules | None, sent: str
) -> None:
    file = await uploaded(site, http, data, mime)
    media = await prepared(site, file.id, rules)
    assert media.link is not None

    answer = await http.get(await media.link())

    assert answer.status_code == 200
    assert answer.content == await opened(media)
    assert (answer.headers["content-type"], answer.headers["content-length"]) == (sent, str(media.size))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"


async def test_a_copy_is_given_in_parts(site: Site, http: httpx2.AsyncClient) -> None:
    file = await uploaded(site, http, uploads.image(size=(400, 200)), "image/png")
    media = await prepared(site, file.id, SMALL)
    assert media.link is not None
    url, whole = await media.link(), await opened(media)

    first = await http.get(url, headers={"Range": "bytes=0-99"})
    rest = await http.get(url, headers={"Range": "bytes=100-", "If-Range": first.headers["etag"]})
    beyond = await http.get(url, headers={"Range": f"bytes={len(whole)}-"})

    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-99/{len(whole)}")
    assert first.headers["content-length"] == "100"
    assert (rest.status_code, first.content + rest.content) == (206, whole)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")


async def test_an_address_of_a_copy_is_for_that_copy(site: Site, http: httpx2.AsyncClient) -> None:
    file = await uploaded(site, http, uploads.image(size=(400, 200)), "image/png")
    small = await prepared(site, file.id, SMALL)
    other = await prepared(site, file.id, replace(SMALL, max_side=50))
    assert small.link is not None
    assert other.link is not None
    url, wrong = await small.link(), (await other.link()).partition("copy=")[2].partition("&")[0]
    copy = url.partition("copy=")[2].partition("&")[0]

    for forged in (url.replace(copy, wrong), url.replace(f"copy={copy}&", "")):
        assert (await http.get(forged)).status_code == 410
