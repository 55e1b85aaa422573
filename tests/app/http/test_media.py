"""Files over our own address: what goes in by a token, what comes out by a signature."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest
from starlette.routing import Router
from starlette.types import Message

from app.domain.media.model import MediaFile
from app.flows.media.intake import CreateUpload, Upload, complete_upload, create_upload
from app.flows.media.transfer import read_link
from app.http.media import disposition, routes
from app.services.signed_links import LinkSigner
from tests.app.flows.media import uploads
from tests.fixtures.site import Site
from tests.fixtures.world import TestClock

PICTURE = uploads.image()


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client."""
    async with httpx2.AsyncClient() as client:
        yield client


async def announce(site: Site, size: int = len(PICTURE), name: str = "Straße.png") -> Upload:
    return await create_upload(site.rt, site.tenant, "key:tests", CreateUpload(name, "image/png", size))


async def ready(site: Site, http: httpx2.AsyncClient) -> MediaFile:
    upload = await announce(site)
    assert (await http.put(upload.url, content=PICTURE)).status_code == 204
    return await complete_upload(site.rt, site.tenant, "key:tests", upload.media.id)


async def bytes_of(site: Site, key: str) -> bytes | None:
    if not await site.rt.store.exists(key):
        return None
    return b"".join([chunk async for chunk in site.rt.store.get(key)])


async def slices(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 50):
        yield data[start : start + 50]


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_upload_is_taken(site: Site, http: httpx2.AsyncClient, streamed: bool) -> None:
    upload = await announce(site)
    answer = await http.put(upload.url, content=slices(PICTURE) if streamed else PICTURE, headers=upload.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await bytes_of(site, upload.media.object_key) == PICTURE
    assert upload.url.partition("token=")[2] not in site.log.getvalue()
    assert '"path": "/media/{id}/upload", "status": 204' in site.log.getvalue()


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_longer_one_is_not(site: Site, http: httpx2.AsyncClient, streamed: bool) -> None:
    upload = await announce(site)
    data = PICTURE + b"x"
    answer = await http.put(upload.url, content=slices(data) if streamed else data)
    assert answer.status_code == 413
    assert answer.json()["code"] == "FILE_TOO_LARGE"
    assert await bytes_of(site, upload.media.object_key) is None


async def test_a_shorter_one_is_not(site: Site, http: httpx2.AsyncClient) -> None:
    upload = await announce(site)
    answer = await http.put(upload.url, content=PICTURE[:-1])
    assert answer.status_code == 422
    assert answer.json()["hint"] == "Send the whole file again."
    assert await bytes_of(site, upload.media.object_key) is None


async def test_one_that_breaks_off_keeps_nothing(site: Site) -> None:
    upload = await announce(site)
    parts = urlsplit(upload.url)
    answers: list[Message] = []
    body: Iterator[Message] = iter(
        [{"type": "http.request", "body": PICTURE[:50], "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Message:
        return next(body)

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "PUT", "path": parts.path, "query_string": parts.query.encode(), "headers": []}
    await Router(routes(site.rt))(scope, receive, send)
    assert answers[0]["status"] == 400
    assert await bytes_of(site, upload.media.object_key) is None


@pytest.mark.parametrize(
    "path", ["/media/{id}/upload", "/media/{id}/upload?token=wrong", "/media/{other}/upload?{query}"]
)
async def test_a_wrong_address_takes_nothing(site: Site, http: httpx2.AsyncClient, path: str) -> None:
    upload = await announce(site)
    query = urlsplit(upload.url).query
    url = site.url + path.format(id=upload.media.id, other=uuid4(), query=query)
    answer = await http.put(url, content=PICTURE)
    assert answer.status_code == 410
    assert answer.json() == {
        "code": "UPLOAD_INVALID",
        "message": "This upload address is not valid any more.",
        "hint": "Create a new upload.",
    }
    assert await bytes_of(site, upload.media.object_key) is None


async def test_an_address_that_is_too_old_takes_nothing(site: Site, http: httpx2.AsyncClient) -> None:
    upload = await announce(site)
    ago = timedelta(hours=1)
    await site.owner.execute(
        "UPDATE media SET upload_expires_at = upload_expires_at - $2::interval WHERE id = $1", upload.media.id, ago
    )
    assert (await http.put(upload.url, content=PICTURE)).status_code == 410
    assert await bytes_of(site, upload.media.object_key) is None


async def test_a_frontend_that_is_allowed_may_upload(site: Site, http: httpx2.AsyncClient) -> None:
    upload = await announce(site)
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    for origin, allowed in (("https://planner.example", "https://planner.example"), ("https://evil.example", None)):
        before = await http.options(upload.url, headers={"Origin": origin, **asked})
        assert before.headers.get("access-control-allow-origin") == allowed
    answer = await http.put(upload.url, content=PICTURE, headers={"Origin": "https://planner.example"})
    assert answer.headers["access-control-allow-origin"] == "https://planner.example"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_file_is_read_as_an_inert_download(site: Site, http: httpx2.AsyncClient) -> None:
    link = await read_link(site.rt, await ready(site, http))
    answer = await http.get(link.url)
    assert answer.content == PICTURE
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(PICTURE))
    assert headers["content-disposition"] == "attachment; filename=\"Stra_e.png\"; filename*=UTF-8''Stra%C3%9Fe.png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    head = await http.head(link.url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(PICTURE)), b"")


async def test_an_address_of_a_worker_whose_clock_is_wrong_opens(site: Site, http: httpx2.AsyncClient) -> None:
    file, clock = await ready(site, http), TestClock()
    clock.ahead = -timedelta(hours=1)
    link = await read_link(replace(site.rt, clock=clock), file)
    assert (await http.get(link.url)).content == PICTURE


@pytest.mark.parametrize(
    "query", ["", "?expires=1&signature=x", "?expires={ends}&signature=x", "?signature={signature}"]
)
async def test_a_forged_address_gives_nothing(site: Site, http: httpx2.AsyncClient, query: str) -> None:
    link = await read_link(site.rt, await ready(site, http))
    url = urlsplit(link.url)
    ends, signature = (pair.partition("=")[2] for pair in url.query.split("&"))
    answer = await http.get(f"{site.url}{url.path}{query.format(ends=ends, signature=signature)}")
    assert answer.status_code == 410
    assert answer.json()["code"] == "LINK_INVALID"


async def test_an_address_is_for_one_file_and_a_time(site: Site, http: httpx2.AsyncClient) -> None:
    file, other = await ready(site, http), await ready(site, http)
    link = await read_link(site.rt, file)
    assert (await http.get(link.url.replace(str(file.id), str(other.id)))).status_code == 410
    keys = site.rt.settings.vault_keys
    assert keys is not None
    past: datetime = site.rt.clock.now() - timedelta(seconds=1)
    expires, signature = LinkSigner.of(keys.get_secret_value()).sign(f"media:{file.id}", past)
    assert (await http.get(f"{site.url}/media/{file.id}?expires={expires}&signature={signature}")).status_code == 410


async def test_a_file_that_is_gone_or_not_ready_is_not_given(site: Site, http: httpx2.AsyncClient) -> None:
    file, waiting = await ready(site, http), (await announce(site)).media
    await site.rt.store.delete(file.object_key)
    for one in (file, waiting):
        assert (await http.get((await read_link(site.rt, one)).url)).status_code == 410


@pytest.mark.parametrize("name", ['a"b\\c.png', "a\r\nb", "%41.png", "日本.png"])
def test_no_name_breaks_out_of_the_header(name: str) -> None:
    header = disposition(name)
    plain, _, encoded = header.partition("; filename*=UTF-8''")
    assert plain.count('"') == 2
    assert header.isascii()
    assert header.isprintable()
    assert "%" not in plain
    assert '"' not in encoded
