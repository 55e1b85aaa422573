"""Meta's signed requests: a person has removed the application, or wants what it knows deleted.

https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs

from connectors.notices import (
    AccountDeauthorized,
    DeletionRequested,
    Notice,
    Unreadable,
    digest,
    document,
    instant,
    word,
)
from connectors.secret import Secret
from connectors.webhooks import Callback


def open_signed_request(body: bytes, secrets: Sequence[Secret]) -> bytes | None:
    """The payload of a form with a `signed_request` that one of the secrets signed; None for any other body."""
    try:
        given = parse_qs(body.decode("ascii"), max_num_fields=20).get("signed_request", [""])[0]
    except ValueError:
        given = ""
    signature, _, payload = given.partition(".")
    claimed, valid = signature.rstrip("=").encode(errors="replace"), False
    for secret in secrets:
        # What is signed is the second part as it was sent, not what it decodes to.
        raw = hmac.digest(secret.reveal().encode(), payload.encode(errors="replace"), "sha256")
        # Compared as text: several texts decode to the same bytes.
        valid |= hmac.compare_digest(claimed, urlsafe_b64encode(raw).rstrip(b"="))
    return _decoded(payload) if valid else None


def _decoded(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Error, ValueError):
        return None


def _person(body: bytes, asked: str) -> dict[str, Any]:
    given = document(body)
    person = word(given.get("user_id"))
    if given.get("algorithm", "HMAC-SHA256") != "HMAC-SHA256" or person is None:
        raise Unreadable("The signed request names no user, or another algorithm.")
    at = instant(given.get("issued_at"))
    return {"key": digest(asked, person, given.get("issued_at")), "owner_id": person, "at": at}


def parse_deauthorize(body: bytes) -> Sequence[Notice]:
    """The notice of a deauthorize callback.

    Raises:
        Unreadable: it names nobody.
    """
    return (AccountDeauthorized(**_person(body, "deauthorize")),)


def parse_deletion(body: bytes) -> Sequence[Notice]:
    """The notice of a data deletion callback.

    Raises:
        Unreadable: it names nobody.
    """
    return (DeletionRequested(**_person(body, "deletion")),)


CALLBACKS: Final[Mapping[str, Callback]] = {
    "deauthorize": Callback(open_signed_request, parse_deauthorize),
    "deletion": Callback(open_signed_request, parse_deletion, answers_with_code=True),
}
"""By the last part of the address."""
