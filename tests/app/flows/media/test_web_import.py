"""Files from the web: through the guarded transport, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.domain.media.errors import MediaRefused
from app.domain.media.model import MediaState
from app.flows.media.intake import OF_ONE_WORKSPACE, import_media
from app.kernel.errors import InvalidInput
from tests.app.flows.media import uploads
from tests.fixtures.served import listener, serving
from tests.fixtures.world import World


@dataclass
class Web:
    """A server on this machine."""

    url: str
    asked: list[str]


@pytest.fixture(scope="module")
async def web() -> AsyncIterator[Web]:
    """Give a server of files, good and bad."""
    asked: list[str] = []

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        asked.append(name)
        match name:
            case "holiday photo.png":
                return Response(uploads.image(), media_type="text/html")  # what the server says does not count
            case "clip.mp4":
                return Response(uploads.video(), media_type="video/mp4")
            case "page.png":
                return Response(uploads.HTML, media_type="image/png")
            case "huge.png":
                return Response(b"", headers={"content-length": str(400 * 1024 * 1024)})
            case "moved":
                return RedirectResponse("/holiday%20photo.png")
            case "round":
                return RedirectResponse("/round")
            case "inside":
                return RedirectResponse("http://10.0.0.1/secret")
            case "secret":
                return Response("the-secret-of-the-inside", 403)
        return Response(status_code=404)

    sock, origin = listener()
    async with serving(Starlette(routes=[Route("/{name}", serve)]), sock):
        yield Web(origin, asked)


@pytest.fixture
def open_world(world: World) -> World:
    """Give a workspace whose operator lets loopback be called."""
    settings = world.rt.settings.model_copy(update={"egress_allow": ("127.0.0.0/8",)})
    return replace(world, rt=replace(world.rt, settings=settings, pools={}))


@pytest.fixture(autouse=True)
async def _pools(open_world: World) -> AsyncIterator[None]:
    yield
    for pool in open_world.rt.pools.values():
        await pool.aclose()


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def count(world: World) -> int:
    found: int = await world.owner.fetchval("SELECT count(*) FROM media WHERE tenant_id = $1", world.tenant)
    return found


@pytest.mark.parametrize("path", ["holiday%20photo.png?size=large", "moved"])
async def test_an_image_is_fetched(open_world: World, web: Web, tmp_path: Path, path: str) -> None:
    file = await import_media(open_world.rt, open_world.tenant, "key:tests", f"{web.url}/{path}", "A beach")
    assert (file.state, file.mime, file.kind, file.width) == (MediaState.READY, "image/png", "image", 40)
    assert file.filename in {"holiday photo.png", "moved"}
    assert file.alt == "A beach"
    assert [found.read_bytes() for found in stored(tmp_path)] == [uploads.image()]
    assert await open_world.types(file.id) == ["media.ready"]


async def test_a_video_is_fetched(open_world: World, web: Web) -> None:
    file = await import_media(open_world.rt, open_world.tenant, "key:tests", f"{web.url}/clip.mp4")
    assert (file.state, file.mime) == (MediaState.READY, "video/mp4")


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("page.png", "wrong_type", "It looks like text/html."),
        ("huge.png", "not_fetched", "larger than 314572800 bytes"),
        ("round", "not_fetched", "redirects more than 3 times"),
        ("missing", "not_fetched", "answered 4xx"),
        ("secret", "not_fetched", "answered 4xx"),
    ],
)
async def test_what_cannot_be_used_fails(
    open_world: World, web: Web, tmp_path: Path, path: str, kind: str, words: str
) -> None:
    file = await import_media(open_world.rt, open_world.tenant, "key:tests", f"{web.url}/{path}")
    assert file.state is MediaState.FAILED
    assert file.fault is not None
    assert file.fault["kind"] == kind
    assert words in file.fault["message"]
    assert "the-secret-of-the-inside" not in str(file.fault)
    assert await open_world.types(file.id) == ["media.failed"]
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "https://127.0.0.1/x.png",
        "https://localhost/x.png",
        "https://[::1]/x.png",
        "https://[::ffff:127.0.0.1]/x.png",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/x.png",
        "https://100.64.0.1/x.png",
        "https://2130706433/x.png",
        "https://0x7f.1/x.png",
        "https://[64:ff9b::7f00:1]/x.png",
        "https://user:word@192.0.2.1/x.png",
        "ftp://192.0.2.1/x.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "not an address",
        "",
    ],
)
async def test_an_address_inside_is_refused_and_nothing_is_made(world: World, tmp_path: Path, url: str) -> None:
    with pytest.raises(MediaRefused) as refusal:
        await import_media(world.rt, world.tenant, "key:tests", url)
    assert refusal.value.path == ("input", "url")
    assert refusal.value.hint
    assert await count(world) == 0
    assert stored(tmp_path) == []


async def test_our_own_loopback_is_not_asked(world: World, web: Web) -> None:
    before = len(web.asked)
    with pytest.raises(MediaRefused):
        await import_media(world.rt, world.tenant, "key:tests", f"{web.url}/secret")
    assert len(web.asked) == before


async def test_a_redirect_inside_is_refused(open_world: World, web: Web) -> None:
    with pytest.raises(MediaRefused):
        await import_media(open_world.rt, open_world.tenant, "key:tests", f"{web.url}/inside")
    assert await count(open_world) == 0


async def test_a_server_that_is_away_is_a_fault(open_world: World) -> None:
    sock, origin = listener()
    sock.close()
    file = await import_media(open_world.rt, open_world.tenant, "key:tests", f"{origin}/x.png")
    assert file.fault is not None
    assert file.fault["message"] == "The server of the file could not be reached, or took too long."


async def test_a_text_that_is_too_long_keeps_nothing(open_world: World, web: Web, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        await import_media(open_world.rt, open_world.tenant, "key:tests", f"{web.url}/clip.mp4", "x" * 10_001)
    assert await count(open_world) == 0
    assert stored(tmp_path) == []


async def test_slow_addresses_of_one_workspace_leave_room_for_the_others(
    open_world: World, stranger: World, web: Web
) -> None:
    asked, full, let_go = 0, asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        nonlocal asked
        asked += 1
        if asked == OF_ONE_WORKSPACE:
            full.set()
        await let_go.wait()
        return Response(status_code=404)

    sock, origin = listener()
    async with serving(Starlette(routes=[Route("/slow", slow)]), sock):
        hanging = [
            asyncio.create_task(import_media(open_world.rt, open_world.tenant, "key:tests", f"{origin}/slow"))
            for _ in range(8)
        ]
        await full.wait()
        other = await import_media(open_world.rt, stranger.tenant, "key:tests", f"{web.url}/moved")
        assert other.state is MediaState.READY
        assert asked == OF_ONE_WORKSPACE
        let_go.set()
        await asyncio.gather(*hanging)
    assert asked == 8
