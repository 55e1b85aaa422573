"""A small client of LinkedIn's API, written from the documentation for these tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from tests.connectors.sandbox.clients import Control

VERSION = "202609"


@dataclass(slots=True)
class LinkedInClient:
    """A member with a token."""

    http: httpx2.AsyncClient
    url: str
    token: str
    author: str

    @classmethod
    async def of(cls, http: httpx2.AsyncClient, url: str, control: Control, **wanted: str) -> LinkedInClient:
        """Carol, with the rights that are wanted."""
        body = {"platform": "linkedin", "handle": "carol-example", **wanted}
        token = (await control.ask("POST", "/tokens", body))["access_token"]
        accounts = (await control.ask("GET", "/accounts"))["accounts"]
        (author,) = [one["id"] for one in accounts if one["handle"] == "carol-example"]
        return cls(http, url, token, author)

    async def ask(self, method: str, path: str, *, restli: str = "", **more: Any) -> httpx2.Response:
        """One request to the versioned API."""
        headers = {
            "authorization": f"Bearer {self.token}",
            "linkedin-version": VERSION,
            "x-restli-protocol-version": "2.0.0",
            **({"x-restli-method": restli} if restli else {}),
            **more.pop("headers", {}),
        }
        return await self.http.request(method, f"{self.url}{path}", headers=headers, **more)

    async def post(self, text: str, **fields: Any) -> httpx2.Response:
        """Publish."""
        body = {
            "author": self.author,
            "commentary": text,
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED"},
            "lifecycleState": "PUBLISHED",
        }
        return await self.ask("POST", "/rest/posts", json=body | fields)


def part(urn: str) -> str:
    """A URN in a path or a query."""
    return quote(urn, safe="")
