"""The API process as its users meet it: uvicorn on a port of its own, and a browser without a screen."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx2
import uvicorn
from starlette.types import ASGIApp


class Server(uvicorn.Server):
    """A server that leaves signals to the test run and says when it is ready."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws_per_message_deflate=False, timeout_graceful_shutdown=2
        )
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listener() -> tuple[socket.socket, str]:
    """A free port of loopback, and its origin."""
    found = socket.create_server(("127.0.0.1", 0))
    return found, f"http://127.0.0.1:{found.getsockname()[1]}"


@asynccontextmanager
async def serving(app: ASGIApp, sock: socket.socket) -> AsyncIterator[None]:
    """Serve for the time of the block."""
    server = Server(app)
    running = asyncio.create_task(server.serve([sock]))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    assert ready.done(), "the server did not start"
    try:
        yield
    finally:
        server.should_exit = True
        await running


@dataclass(slots=True)
class Form:
    """The form of a page."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    """What it sends if nothing is typed."""
    kinds: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    """The values of radio buttons and checkboxes."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(at["action"])
        if tag == "input" and self.form is not None:
            name = at["name"]
            self.form.kinds[name] = at["type"]
            if at["type"] in {"radio", "checkbox"}:
                self.form.offered.setdefault(name, []).append(at["value"])
            if at["type"] not in {"radio", "checkbox"} or "checked" in at:
                self.form.fields[name] = at["value"]


def form_in(page: httpx2.Response) -> Form:
    """The page's form."""
    reader = _Reader()
    reader.feed(page.text)
    assert reader.form is not None, page.text
    return reader.form


class Browser:
    """Cookies, and headers as a browser of today sends them. It follows no redirect by itself."""

    def __init__(self) -> None:
        self.http = httpx2.AsyncClient(follow_redirects=False, timeout=20)

    async def get(self, url: str) -> httpx2.Response:
        """Open an address."""
        return await self.http.get(url, headers={"Accept": "text/html", "Sec-Fetch-Site": "none"})

    async def send(self, page: httpx2.Response, typed: Mapping[str, str | list[str]]) -> httpx2.Response:
        """Fill in the page's form and send it."""
        form, here = form_in(page), urlsplit(str(page.url))
        headers = {"Origin": f"{here.scheme}://{here.netloc}", "Sec-Fetch-Site": "same-origin"}
        address = urljoin(str(page.url), form.action)
        return await self.http.post(address, data={**form.fields, **typed}, headers=headers)

    async def follow(self, answer: httpx2.Response) -> httpx2.Response:
        """Go where a redirect leads."""
        assert answer.is_redirect, (answer.status_code, answer.text)
        return await self.get(urljoin(str(answer.url), answer.headers["location"]))

    async def close(self) -> None:
        """Forget everything."""
        await self.http.aclose()
