"""Small clients of the simulated platforms, written from the platforms' documentation for these tests."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey
from PIL import Image

POST = "app.bsky.feed.post"
CREATED_AT = "2026-11-20T20:53:57.000Z"
RKEY = "3n2rhspqaru4i"
CALLBACK = "http://127.0.0.1:8000/callback"


@dataclass(frozen=True, slots=True)
class Control:
    """Orders faults and reads what happened."""

    http: httpx2.AsyncClient
    url: str

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the control API that must succeed."""
        answer = await self.http.request(method, f"{self.url}/_sandbox{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def fault(self, kind: str, **order: Any) -> str:
        """Order a fault and give its id."""
        return str((await self.ask("POST", "/faults", {"kind": kind, **order}))["id"])

    async def texts(self, platform: str) -> list[str]:
        """The texts in the ledger, oldest first, without deleted posts."""
        posts = (await self.ask("GET", f"/ledger?platform={platform}"))["posts"]
        return [post["text"] for post in posts if post["deleted_at"] is None]

    async def violations(self) -> list[str]:
        """Every contract violation so far."""
        found = (await self.ask("GET", "/requests?violations=1"))["requests"]
        return [words for request in found for words in request["contract_violations"]]


@dataclass(slots=True)
class BlueskyClient:
    """A client with an app-password session."""

    http: httpx2.AsyncClient
    url: str
    session: dict[str, Any] = field(default_factory=dict)

    async def log_in(self, identifier: str = "alice.test", password: str = "alice-test-app-pass") -> httpx2.Response:
        """Open a session."""
        answer = await self.post("server.createSession", {"identifier": identifier, "password": password})
        if answer.status_code == 200:
            self.session = answer.json()
        return answer

    @property
    def did(self) -> str:
        """Who is logged in."""
        return str(self.session["did"])

    async def post(self, method: str, body: Any = None, token: str | None = None) -> httpx2.Response:
        """A procedure of `com.atproto`."""
        headers = self._headers(token)
        return await self.http.post(f"{self.url}/xrpc/com.atproto.{method}", json=body, headers=headers)

    async def get(self, method: str, token: str | None = None, **params: Any) -> httpx2.Response:
        """A query by its full name."""
        return await self.http.get(f"{self.url}/xrpc/{method}", params=params, headers=self._headers(token))

    async def put(self, text: str = "hello", rkey: str = RKEY, **more: Any) -> httpx2.Response:
        """Put a post; `record` fields and `swapRecord` by name."""
        swap = {"swapRecord": more.pop("swapRecord")} if "swapRecord" in more else {}
        record = {"$type": POST, "text": text, "createdAt": CREATED_AT, **more}
        body = {"repo": self.did, "collection": POST, "rkey": rkey, "record": record, **swap}
        return await self.post("repo.putRecord", body)

    async def upload(self, content: bytes, mime: str) -> dict[str, Any]:
        """Upload a blob and give its reference."""
        headers = {**self._headers(None), "content-type": mime}
        answer = await self.http.post(f"{self.url}/xrpc/com.atproto.repo.uploadBlob", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        blob: dict[str, Any] = answer.json()["blob"]
        return blob

    def _headers(self, token: str | None) -> dict[str, str]:
        token = token or self.session.get("accessJwt")
        return {"authorization": f"Bearer {token}"} if token else {}


def pkce() -> tuple[str, str]:
    """A code verifier and its challenge."""
    verifier = secrets.token_urlsafe(48)
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(slots=True)
class DpopClient:
    """A public OAuth client with one key, which keeps nonces a server."""

    http: httpx2.AsyncClient
    url: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    client_id: str = "http://localhost?" + urlencode({"redirect_uri": CALLBACK, "scope": "atproto transition:generic"})
    nonces: dict[str, str] = field(default_factory=dict)
    verifier: str = ""

    def proof(self, method: str, url: str, token: str | None = None, **claims: Any) -> str:
        """A proof for one request; `claims` replaces or adds."""
        body = {"jti": secrets.token_urlsafe(12), "htm": method, "htu": url, "iat": int(time.time())}
        nonce = self.nonces.get(self._role(url))
        body |= {"nonce": nonce} if nonce else {}
        if token is not None:
            body["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}
        return jwt.encode(header, {**body, **claims}, self.key)

    async def form(self, path: str, fields: dict[str, str]) -> httpx2.Response:
        """A back-channel request, once more when the server asks for its nonce."""
        url = f"{self.url}{path}"
        for _ in range(2):
            answer = await self.http.post(url, data=fields, headers={"dpop": self.proof("POST", url)})
            self.nonces[self._role(url)] = answer.headers["dpop-nonce"]
            if answer.status_code != 400 or answer.json()["error"] != "use_dpop_nonce":
                break
        return answer

    async def push(self, **changes: str) -> httpx2.Response:
        """Push an authorization request."""
        self.verifier, challenge = pkce()
        fields = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "atproto transition:generic",
            "state": "the-state",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": "alice.test",
        }
        return await self.form("/oauth/par", fields | changes)

    async def authorize_url(self) -> str:
        """The address to send the user to."""
        pushed = await self.push()
        query = urlencode({"client_id": self.client_id, "request_uri": pushed.json()["request_uri"]})
        return f"{self.url}/oauth/authorize?{query}"

    async def exchange(self, code: str, **changes: str) -> httpx2.Response:
        """Code to tokens."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        fields |= {"client_id": self.client_id, "code_verifier": self.verifier}
        return await self.form("/oauth/token", fields | changes)

    async def refresh(self, refresh_token: str) -> httpx2.Response:
        """Refresh token to tokens."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.client_id}
        return await self.form("/oauth/token", fields)

    async def connect(self, control: Control) -> dict[str, Any]:
        """All the way to tokens, with the consent given by the control API."""
        body = {"platform": "bluesky", "handle": "alice.test", "url": await self.authorize_url()}
        location = (await control.ask("POST", "/consent", body))["location"]
        answer = await self.exchange(query_of(location)["code"])
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def get_session(self, token: str, **claims: Any) -> httpx2.Response:
        """`getSession` with a proof, sent once."""
        url = f"{self.url}/xrpc/com.atproto.server.getSession"
        headers = {"authorization": f"DPoP {token}", "dpop": self.proof("GET", url, token, **claims)}
        answer = await self.http.get(url, headers=headers)
        self.nonces[self._role(url)] = answer.headers["dpop-nonce"]
        return answer

    def _role(self, url: str) -> str:
        return "authorization" if "/oauth/" in url else "resource"


def query_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def field_of(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match is not None, page
    return html.unescape(match[1])


def png(color: str = "red") -> bytes:
    """A small picture."""
    target = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(target, "PNG")
    return target.getvalue()
