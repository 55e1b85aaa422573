"""Murmur itself: a microblog of four addresses on loopback, with a switch for each kind of trouble.

GET    /me            {"id", "name", "followers"}
PUT    /notes/{key}   {"text", "answers", ...} -> {"id", "url", "likes"}; the same key again is the same note
GET    /notes/{key}   the note, or 404
DELETE /notes/{key}   {}, or 404
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.connectors.harness import PAUSE_SECONDS, Seen, Trouble


class Hangup(Exception):
    """The connection is closed without an answer."""


@dataclass(slots=True)
class MurmurServer:
    """One account, its notes, and the trouble that waits for the next note."""

    key: str
    origin: str = ""
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: Trouble | None = None

    def seen(self) -> list[Seen]:
        """The notes as readers see them."""
        return [
            Seen(key, note["text"], note["answers"], url=note["url"], times=note["times"])
            for key, note in self.notes.items()
        ]

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Serve one request: the status and the body."""
        if token != f"Bearer {self.key}":
            return 401, _error("no_such_key")
        if path == "/me":
            return 200, {"id": "u1", "name": "anna", "followers": 3}
        key = path.removeprefix("/notes/")
        if method == "PUT":
            return self._put(key, body)
        if key not in self.notes:
            return 404, _error("no_such_note")
        if method == "DELETE":
            del self.notes[key]
            return 200, {}
        return 200, self.notes[key]

    def _put(self, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        trouble, self.trouble = self.trouble, None
        match trouble:
            case Trouble.LOST_REQUEST:
                raise Hangup
            case Trouble.PAUSE:
                return 429, _error("too_fast")
            case Trouble.BROKEN:
                return 500, _error("broken")
            case Trouble.EXPIRED:
                return 401, _error("no_such_key")
            case _:
                pass
        if body["answers"] is not None and body["answers"] not in self.notes:
            return 409, _error("no_such_parent")
        if key not in self.notes:
            self.notes[key] = {**body, "id": key, "url": f"{self.origin}/anna/{key}", "likes": 0, "times": 1}
        if trouble is Trouble.LOST_ANSWER:
            raise Hangup
        return 200, {"fine": "thanks"} if trouble is Trouble.NONSENSE else self.notes[key]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: one request, one answer, the end."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, path, _ = head.split(" ", 2)
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            token = next((line[15:] for line in head.split("\r\n") if line.lower().startswith("authorization: ")), "")
            body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
            status, said = self.answer(method, path, token, body)
            data = json.dumps(said).encode()
            pause = f"Retry-After: {PAUSE_SECONDS}\r\n" if status == 429 else ""
            start = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(data)}\r\n{pause}Connection: close\r\n\r\n"
            writer.write(start.encode() + data)
            await writer.drain()
        except Hangup:
            pass
        finally:
            writer.close()


def _error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "Murmur says no."}}


@asynccontextmanager
async def murmur(key: str) -> AsyncIterator[MurmurServer]:
    """A running server on a free port of this machine."""
    murmuring = MurmurServer(key)
    server = await asyncio.start_server(murmuring.serve, "127.0.0.1", 0)
    murmuring.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield murmuring
