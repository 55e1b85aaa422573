"""A small client of a Mastodon instance, written from the documentation for these tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from connectors.sandbox.mastodon.contract import check_answer
from tests.connectors.sandbox.clients import png


@dataclass(slots=True)
class MastodonClient:
    """A client with a token. Every success answer is checked against the instance's OpenAPI description."""

    http: httpx2.AsyncClient
    url: str
    token: str

    async def ask(self, method: str, template: str, *, key: str | None = None, **more: Any) -> httpx2.Response:
        """One request; `{id}` in the template is filled from `id`."""
        path = template.replace("{id}", str(more.pop("id", "")))
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"idempotency-key": key} if key else {}
        answer = await self.http.request(method, f"{self.url}{path}", headers=headers, **more)
        if answer.is_success and answer.status_code != 206:
            assert check_answer(method.lower(), template, answer.status_code, answer.json()) == []
        return answer

    async def post(self, text: str = "hello", key: str | None = None, **fields: Any) -> httpx2.Response:
        """Publish a status."""
        return await self.ask("POST", "/api/v1/statuses", key=key, json={"status": text, **fields})

    async def upload(
        self, content: bytes | None = None, mime: str = "image/png", alt: str = "A red square"
    ) -> httpx2.Response:
        """Upload a file."""
        files = {"file": ("file", png() if content is None else content, mime)}
        return await self.ask("POST", "/api/v2/media", files=files, data={"description": alt})
