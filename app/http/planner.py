"""The planner: the page at `/`, made of plain ES modules that speak to the public GraphQL API and to nothing else.

The promise: no build step and no other host. An import map, made from the files as they are, gives every module an
address with its hash, so that browsers keep each for a year and never mix two releases; the modules of the first paint
are named in the head, so that they are all asked for at once.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.http import assets
from app.http.playground import own_sockets
from app.http.rendering import content_policy, html_page
from app.kernel.settings import Settings

FOLDER: Final = "planner/"
ENTRY: Final = "planner/main.js"
STYLES: Final = ("tokens", "shell", "controls", "cards", "calendar", "panels", "composer", "connections")
"""The style sheets in the order of the page."""
VENDORED: Final = {
    "preact": "vendor/preact-10.29.8/preact.module.js",
    "preact/hooks": "vendor/preact-10.29.8/hooks.module.js",
    "htm": "vendor/htm-3.1.1/htm.module.js",
    "@preact/signals-core": "vendor/preact-signals-core-1.14.5/signals-core.mjs",
    "@preact/signals": "vendor/preact-signals-2.11.4/signals.mjs",
}
"""Name in an import -> file under `static/`."""
_IMPORT: Final = re.compile(r'(?:^import|^(?:import|export) .* from|^\} from) "([^"]+)";$', re.MULTILINE)
"""A static import, as our formatter leaves it: the name at the end of a line. `import(...)` is none."""


@cache
def import_map() -> str:
    """The page's import map: the vendored libraries by name, our own modules by address, each to its own version."""
    own = {f"{assets.MOUNT}/{name}": assets.address(name) for name in assets.assets() if _is_module(name)}
    libraries = {name: assets.address(file) for name, file in VENDORED.items()}
    return orjson.dumps({"imports": {**libraries, **own}}, option=orjson.OPT_INDENT_2).decode()


@cache
def import_map_hash() -> str:
    """The import map's hash as a policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()}"


@cache
def first_modules() -> tuple[str, ...]:
    """The files that the entry imports, with what these import: all that runs before the first paint."""
    found = set(VENDORED.values())  # each of them is used; how they import each other need not be known
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imported(name))
    return tuple(sorted(found))


def _imported(name: str) -> list[str]:
    wanted = _IMPORT.findall(assets.assets()[name].body.decode())
    return [VENDORED.get(one) or posixpath.normpath(posixpath.join(posixpath.dirname(name), one)) for one in wanted]


def _is_module(name: str) -> bool:
    return name.startswith(FOLDER) and name.endswith(".js")


def page(settings: Settings, uploads: str | None = None) -> Response:
    """The planner's page. It is the same for everybody: who looks at it is known to the API only.

    `uploads`: the origin that takes files, where it is not our own.
    """
    connect = (*own_sockets(settings.public_url), *([uploads] if uploads else []))
    return html_page(
        "planner.html",
        policy=content_policy(connect=connect, images=("blob:",), import_map=import_map_hash()),
        client_name=settings.client_name,
        import_map=import_map(),
        modules=[assets.address(name) for name in first_modules()],
        entry=assets.address(ENTRY),
        styles=[assets.address(f"{FOLDER}styles/{name}.css") for name in STYLES],
        playground=settings.playground,
    )


async def _ours() -> str | None:
    return None


def routes(settings: Settings, uploads: Callable[[], Awaitable[str | None]] = _ours) -> list[BaseRoute]:
    """The root address. `uploads` says where the media store takes files (`Store.upload_origin`)."""

    async def show(_request: Request) -> Response:
        return page(settings, await uploads())

    return [Route("/", show, methods=["GET"], name="planner")]
