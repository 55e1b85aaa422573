"""The Graph API as one caller: version, token, proof of the application's secret, and errors as faults.

The token goes into a header and never into an address. `appsecret_proof` shows that a call comes from the
application and not from somebody who found a token; a call without it is refused where the application demands it.
Sources: https://developers.facebook.com/docs/graph-api/overview, .../graph-api/guides/secure-requests
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import Access, AppCredentials, Context
from connectors.faults import FaultKind
from connectors.meta.faults import lacking, refusal, refused, unexpected
from connectors.meta.hosts import GRAPH, VERSION
from connectors.meta.rules import GraphRule
from connectors.secret import Secret
from connectors.transport import Answer, FilePart

META_APP: Final = "meta"
"""The name of the operator's Meta application in the settings."""
MOST_PAGES: Final = 20
"""How many pages of a list are read at most."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Calls with one token. Every method gives the answer's object or raises `PlatformFault`."""

    cx: Context
    token: Secret
    rules: Sequence[GraphRule] = ()
    origin: str = GRAPH
    app: AppCredentials | None = None
    """Whose secret proves the calls; None on hosts that take no proof."""

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, missing: str | None = None
    ) -> dict[str, Any]:
        """Read. `missing` is the sentence for an object that is not there."""
        answer = await self.cx.http.send(
            "GET", self._address(path), params={**(params or {}), **self._proof()}, token=self.token
        )
        return self._read(answer, missing)

    async def pages(
        self, path: str, params: Mapping[str, str], *, missing: str | None = None
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The pages of a list, up to `MOST_PAGES`. The address of the next page is not followed: its cursor is."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            body = await self.get(path, {**params, **after}, missing=missing)
            rows = body.get("data")
            yield [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            paging = body.get("paging")
            cursors = paging.get("cursors") if isinstance(paging, dict) and "next" in paging else None
            cursor = cursors.get("after") if isinstance(cursors, dict) else None
            if not isinstance(cursor, str):
                return
            after = {"after": cursor}

    async def post(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        files: Sequence[FilePart] | None = None,
        effect: bool = False,
        missing: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Write. `effect` marks the irreversible request."""
        answer = await self.cx.http.send(
            "POST",
            self._address(path),
            form={**form, **self._proof()},
            files=files,
            token=self.token,
            effect=effect,
            timeout=timeout,
        )
        return self._read(answer, missing)

    async def delete(self, path: str, *, missing: str | None = None) -> dict[str, Any]:
        """Remove."""
        answer = await self.cx.http.send("DELETE", self._address(path), params=self._proof(), token=self.token)
        return self._read(answer, missing)

    def _address(self, path: str) -> str:
        return f"{self.cx.settings.at(self.origin)}/{VERSION.name}/{path}"

    def _proof(self) -> dict[str, str]:
        if self.app is None or self.app.client_secret is None:
            return {}
        return {"appsecret_proof": secret_proof(self.app.client_secret, self.token)}

    def _read(self, answer: Answer, missing: str | None) -> dict[str, Any]:
        if not answer.ok:
            raise refusal(answer, self.cx.now(), self.rules, missing=missing)
        body = answer.json()
        if not isinstance(body, dict):
            raise unexpected(answer, "Meta's answer is not of the documented form.")
        if isinstance(body.get("error"), dict):
            raise refusal(answer, self.cx.now(), self.rules, missing=missing)
        return body


def secret_proof(app_secret: Secret, token: Secret) -> str:
    """HMAC-SHA256 of the token under the application's secret, in hex."""
    return hmac.new(app_secret.reveal().encode(), token.reveal().encode(), hashlib.sha256).hexdigest()


def meta_app(cx: Context) -> AppCredentials:
    """The operator's Meta application. Raises `PlatformFault` where none is set."""
    app = cx.settings.apps.get(META_APP)
    if app is None or app.client_secret is None:
        message = "This installation has no Meta application."
        raise refused(
            FaultKind.AUTH_EXPIRED, message, "Tell the operator to set POSTD_APPS__META__CLIENT_ID and ..._SECRET."
        )
    return app


def page_graph(cx: Context, access: Access, rules: Sequence[GraphRule] = ()) -> Graph:
    """Calls with a page's token: for the page itself and for the Instagram account behind it."""
    return Graph(cx, access.tokens.access, rules, app=cx.settings.apps.get(META_APP))


def text_in(body: Mapping[str, Any], name: str, answer_to: str, *, effect: bool = False) -> str:
    """A field of an answer that must be there. Raises `PlatformFault` (UNEXPECTED_ANSWER) where it is not."""
    value = body.get(name)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise lacking(answer_to, effect=effect)
