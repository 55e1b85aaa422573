"""What each address of the HTTP server needs, and why. A test compares this table with the routes of the application.

GraphQL stands behind one address; what its fields need says `resolvers/authorization.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Needs(StrEnum):
    """What must be presented."""

    CREDENTIAL = "a key or token, and the scope of each field"
    """As for every operation of the API."""
    TICKET = "the link's own secret"
    """Whoever has the link may use it: it is made for one purpose and for a time."""
    STATE = "the state, and the cookie of the browser that began"
    """Both are random, kept as hashes, and used up once."""
    OWN_PAGE = "a proof that a page of ours asks"
    """A header that browsers set by themselves, or one that pages of other sites cannot add."""
    LINK = "a signature of ours in the address"
    """It names one file and a time."""
    SIGNATURE = "the platform's signature or shared word"
    """Proved over the bytes as they came, before they are read."""
    NOTHING = "nothing"
    """Everybody may have it."""


@dataclass(frozen=True, slots=True)
class Door:
    """One address with its methods."""

    path: str
    methods: tuple[str, ...]
    needs: Needs
    why: str


SOCKET: Final = "WEBSOCKET"
"""What stands for a method where a socket is opened."""
DOORS: Final[Sequence[Door]] = (
    Door("/graphql", ("POST",), Needs.CREDENTIAL, "The API."),
    Door("/graphql", ("GET",), Needs.NOTHING, "The playground's page; what it asks needs a credential."),
    Door("/graphql", (SOCKET,), Needs.CREDENTIAL, "Presented in `connection_init`, within five seconds."),
    Door("/", ("GET",), Needs.NOTHING, "The planner's page; what it asks needs a credential."),
    Door("/session", ("POST",), Needs.OWN_PAGE, "A page of ours signs in, with a password or a key."),
    Door("/session", ("DELETE",), Needs.OWN_PAGE, "A page of ours signs out."),
    Door("/join/{token}", ("GET",), Needs.TICKET, "Shows which workspace invites."),
    Door("/join/{token}", ("POST",), Needs.TICKET, "Becomes a member; only from our own page."),
    Door("/reset/{token}", ("GET",), Needs.TICKET, "Asks for a new password."),
    Door("/reset/{token}", ("POST",), Needs.TICKET, "Keeps it; only from our own page."),
    Door("/analytics.csv", ("GET",), Needs.CREDENTIAL, "Figures of the workspace's posts; the scope `read`."),
    Door("/analytics.json", ("GET",), Needs.CREDENTIAL, "The same, as JSON."),
    Door("/static/{name:path}", ("GET",), Needs.NOTHING, "Scripts and styles of our pages; nothing of anybody."),
    Door("/connect/{ticket}", ("GET",), Needs.TICKET, "Shows which workspace wants which platform."),
    Door("/connect/{ticket}", ("POST",), Needs.TICKET, "The user agrees; only from our own page."),
    Door(
        "/connect/{ticket}/accounts", ("POST",), Needs.TICKET, "The user chooses; only in the browser that signed in."
    ),
    Door("/oauth/{platform}/callback", ("GET",), Needs.STATE, "Where a platform sends the user back to."),
    Door("/oauth/client-metadata.json", ("GET",), Needs.NOTHING, "Who we are, for platforms that ask; public."),
    Door("/oauth/jwks.json", ("GET",), Needs.NOTHING, "Our public keys."),
    Door("/media/{id:uuid}/upload", ("PUT",), Needs.LINK, "One file, of the announced size, for a time."),
    Door("/media/{id:uuid}", ("GET",), Needs.LINK, "One file or copy, for platforms and previews, for a time."),
    Door("/webhooks/{platform}", ("GET",), Needs.SIGNATURE, "The handshake: the word that we told the platform."),
    Door("/webhooks/{platform}", ("POST",), Needs.SIGNATURE, "What happened on the platform."),
    Door("/webhooks/{platform}/{callback}", ("POST",), Needs.SIGNATURE, "Wishes of users, such as a deletion."),
    Door("/webhooks/{platform}/deletion/{code}", ("GET",), Needs.TICKET, "How far a deletion is; tells no name."),
    Door("/livez", ("GET",), Needs.NOTHING, "Says only that the process turns."),
    Door("/readyz", ("GET",), Needs.NOTHING, "Which parts work; no figures of anybody."),
    Door(
        "/metrics", ("GET",), Needs.NOTHING, "Figures of the installation without names; a proxy should keep it inside."
    ),
)
