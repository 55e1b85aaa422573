"""Tokens of people, pages and Instagram accounts, what was granted to them, and who a request acts for.

Every call to graph.facebook.com must carry `appsecret_proof`: the simulated application demands it.
Source: developers.facebook.com/docs/facebook-login/guides/access-tokens, .../graph-api/guides/secure-requests.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.sandbox.meta.errors import GraphError
from connectors.sandbox.meta.hosts import META_APP
from connectors.sandbox.tables import Row
from connectors.sandbox.world import World

TOKENS: Final = "meta.tokens"
GRANTS: Final = "meta.grants"
PERSON, PAGE, OWN = "person", "page", "own"
"""Whose token it is: a person's, a page's, or an Instagram account's by Instagram's own sign-in."""
SHORT_SECONDS: Final = 3600
LONG_SECONDS: Final = 60 * 24 * 3600
_ENDED: Final = {
    "expired": (463, "Error validating access token: Session has expired."),
    "revoked": (460, "Error validating access token: The session has been invalidated because the user changed it."),
    "removed": (458, "Error validating access token: The user has not authorized application."),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request acts for."""

    kind: str
    subject: str
    """The id of the person, page or Instagram account."""
    person: str
    scopes: frozenset[str]
    token: str


class Tokens:
    """All tokens and grants."""

    def __init__(self, world: World) -> None:
        self._world = world

    def issue(self, kind: str, subject: str, person: str, *, seconds: int | None, scopes: Iterable[str] = ()) -> str:
        """A new token; without `seconds` it has no end. `scopes` are those of Instagram's own sign-in."""
        prefix = "IGAA" if kind == OWN else "EAAG"
        token = prefix + secrets.token_urlsafe(48)
        now = self._world.now().timestamp()
        row = {"kind": kind, "subject": subject, "person": person, "state": "live", "issued": now}
        row |= {"expires": None if seconds is None else now + seconds, "scopes": sorted(scopes)}
        self._world.tables.put(TOKENS, _hash(token), row)
        return token

    def find(self, token: str) -> Row | None:
        """What is known of a token."""
        return self._world.tables.get(TOKENS, _hash(token))

    def end(self, token: str, state: str) -> None:
        """Make a token `expired`, `revoked` or `removed`; an unknown one is fine."""
        row = self.find(token)
        if row is not None:
            self._world.tables.put(TOKENS, _hash(token), {**row, "state": state})

    def end_all(self, person: str, state: str) -> None:
        """End every token that came from a person's sign-in."""
        for key, row in self._world.tables.rows(TOKENS):
            if row["person"] == person:
                self._world.tables.put(TOKENS, key, {**row, "state": state})

    def grant(self, person: str) -> dict[str, Any]:
        """What a person has granted: scopes, what was declined, and the pages that were ticked."""
        return self._world.tables.get(GRANTS, person) or {"scopes": [], "declined": [], "pages": []}

    def set_grant(self, person: str, scopes: Iterable[str], declined: Iterable[str], pages: Iterable[str]) -> None:
        """Replace what a person has granted."""
        row = {"scopes": sorted(scopes), "declined": sorted(declined), "pages": sorted(pages)}
        self._world.tables.put(GRANTS, person, row)

    def caller(self, token: str, proof: str | None, *, own: bool) -> Caller:
        """Who a token acts for on a host of Facebook's (`own`: Instagram's). Raises GraphError."""
        if not token:
            raise GraphError("An active access token must be used to query information.", 2500)
        row = self.find(token)
        if row is None or (row["kind"] == OWN) != own:
            raise GraphError("Invalid OAuth access token - Cannot parse access token", 190, status=401)
        if row["state"] == "live" and row["expires"] is not None and row["expires"] <= self._world.now().timestamp():
            row = {**row, "state": "expired"}
        if row["state"] != "live":
            subcode, words = _ENDED[row["state"]]
            raise GraphError(words, 190, subcode, status=401)
        if not own and not _proves(token, proof):
            raise GraphError("API calls from the server require an appsecret_proof argument", 100)
        scopes = row["scopes"] if own else self.grant(row["person"])["scopes"]
        return Caller(row["kind"], row["subject"], row["person"], frozenset(scopes), token)


def bearer(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header, or nothing. The upload host writes `OAuth` in front."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in ("bearer", "oauth") else ""


def _proves(token: str, proof: str | None) -> bool:
    expected = hmac.new(META_APP.secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, proof or "")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
