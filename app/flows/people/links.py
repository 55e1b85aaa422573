"""The links that people are sent: signed by this installation, good for one row, nowhere kept.

A link names an invitation or a reset and when it ends; the signature says that we made it. Whether it was used
stands in the row. So the same mail can be sent again after a crash, and a copy of the database opens nothing.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.people.errors import LinkSpent
from app.flows.runtime import NotConfigured
from app.kernel.settings import Settings
from app.services.signed_links import LinkSigner
from connectors.secret import Secret


class Kind(StrEnum):
    """What a link is for; its value is its place on this server."""

    INVITATION = "join"
    RESET = "reset"


def link(settings: Settings, kind: Kind, row_id: UUID, until: datetime) -> Secret:
    """The link to be sent."""
    expires, signature = _signer(settings).sign(f"{kind}:{row_id}", until)
    return Secret(f"{settings.public_url}/{kind}/{row_id.hex}.{expires}.{signature}")


def row_of(settings: Settings, kind: Kind, token: str, now: datetime) -> UUID:
    """The row that a link names, by what stands behind its last slash.

    Raises:
        LinkSpent: we did not make it, or its time is over.
    """
    name, _, rest = token.strip().partition(".")
    expires, _, signature = rest.partition(".")
    try:
        row_id = UUID(hex=name)
    except ValueError:
        raise LinkSpent from None
    if not _signer(settings).valid(f"{kind}:{row_id}", expires, signature, now):
        raise LinkSpent
    return row_id


def _signer(settings: Settings) -> LinkSigner:
    if settings.vault_keys is None:
        raise NotConfigured("POSTD_VAULT_KEYS must hold the master keys: links are signed with them.")
    return LinkSigner.of(settings.vault_keys.get_secret_value())
