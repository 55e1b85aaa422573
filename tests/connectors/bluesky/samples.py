"""Tasks, files and accounts for tests that need no server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from connectors.capabilities import MediaKind
from connectors.contract import Account, Media, Part, PublishTask

DID = "did:plc:abcdefghijklmnopqrstuvwx"
ACCOUNT = Account(DID, "alice.test", "Alice", "https://pds.example")
COMPOSED = datetime(2026, 11, 20, 20, 53, 57, 123456, tzinfo=UTC)
KEY = UUID("0190f3a0-0000-7000-8000-000000000001")


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def file(name: str = "m1", kind: MediaKind = MediaKind.IMAGE, mime: str = "image/png", **more: Any) -> Media:
    given: dict[str, Any] = {"size": 1000, "alt": "A red square", "width": 4, "height": 3} | more
    return Media(name, kind, mime, open=_nothing, **given)


def video(mime: str = "video/mp4", **more: Any) -> Media:
    return file("v1", MediaKind.VIDEO, mime, **more)


def task(part: Part, **more: Any) -> PublishTask:
    given: dict[str, Any] = {"position": 0, "attempt_key": KEY, "composed_at": COMPOSED} | more
    return PublishTask(part, **given)
