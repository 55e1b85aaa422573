"""Checks and makes the signatures of webhooks. A platform states its `SignatureScheme`; there is one verifier.

Constant time: every candidate is compared with every secret's signature, in full, also when a header is missing, so
that an answer's time tells nothing. Several secrets may be valid at once (rotation). A time is checked only where it is
part of what was signed; elsewhere only a stored delivery id protects against replays.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from connectors.secret import Secret


class Verdict(StrEnum):
    """What became of a signature. For the log: whoever sent it is told no more than yes or no."""

    VALID = "valid"
    MISSING = "missing"
    """The header with the signature, or one that is part of what is signed, is not there."""
    FORGED = "forged"
    """No known secret gives this signature."""
    STALE = "stale"
    """Rightly signed, but at a time too far from now."""


class KeyForm(StrEnum):
    """How a secret is written down."""

    TEXT = "text"
    """The key is the text's own bytes."""
    BASE64 = "base64"
    """The key is what the text decodes to; `whsec_` in front and missing padding are fine."""


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """How one platform signs. Header names are lower-case."""

    header: str
    digest: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    signed: str = "{body}"
    """What is signed, with `{body} {timestamp} {id} {method} {url}`; `{secret}` where a plain hash is used."""
    prefix: str = ""
    """Stands before each signature and names the algorithm, e.g. `sha256=`; another one is a forgery."""
    separator: str | None = None
    """Stands between several signatures in one header; None: there is one."""
    timestamp_header: str | None = None
    timestamp_field: str | None = None
    """The time stands beside the signatures, under this name, e.g. `t` in `t=1700000000,v1=...`."""
    timestamp_unit: timedelta = timedelta(seconds=1)
    tolerance: timedelta = timedelta(minutes=5)
    id_header: str | None = None
    key: KeyForm = KeyForm.TEXT
    keyed: bool = True
    """HMAC; False: a plain hash over a text that contains the secret."""


HUB_SHA256: Final = SignatureScheme("x-hub-signature-256", prefix="sha256=")
"""Meta, GitHub: https://developers.facebook.com/docs/graph-api/webhooks/getting-started"""
HUB_SHA1: Final = SignatureScheme("x-hub-signature", digest="sha1", prefix="sha1=")
"""WebSub: https://www.w3.org/TR/websub/#signature-validation"""
SLACK: Final = SignatureScheme(
    "x-slack-signature",
    prefix="v0=",
    signed="v0:{timestamp}:{body}",
    timestamp_header="x-slack-request-timestamp",
)
"""https://docs.slack.dev/authentication/verifying-requests-from-slack"""
STANDARD_WEBHOOKS: Final = SignatureScheme(
    "webhook-signature",
    encoding="base64",
    prefix="v1,",
    separator=" ",
    signed="{id}.{timestamp}.{body}",
    timestamp_header="webhook-timestamp",
    id_header="webhook-id",
    key=KeyForm.BASE64,
)
"""https://www.standardwebhooks.com; our own outgoing webhooks are signed with it."""

_PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it came in. The body is the raw one: parsing and writing again changes bytes."""

    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    method: str = "POST"
    url: str = ""


def sign(
    scheme: SignatureScheme, secret: Secret, delivery: Delivery, *, timestamp: str = "", message_id: str = ""
) -> str:
    """One signature, with its prefix. Raises ValueError for a secret that is not of the scheme's form."""
    values = {
        "body": delivery.body,
        "timestamp": timestamp.encode(errors="replace"),
        "id": message_id.encode(errors="replace"),
        "method": delivery.method.encode(),
        "url": delivery.url.encode(errors="replace"),
        "secret": secret.reveal().encode(),
    }
    pieces = _PLACE.split(scheme.signed)  # text, name, text, name, ..., text
    message = b"".join(values[piece] if at % 2 else piece.encode() for at, piece in enumerate(pieces))
    if scheme.keyed:
        raw = hmac.digest(_key(scheme, secret), message, scheme.digest)
    else:
        raw = hashlib.new(scheme.digest, message).digest()
    return scheme.prefix + (raw.hex() if scheme.encoding == "hex" else b64encode(raw).decode("ascii"))


def verify(scheme: SignatureScheme, delivery: Delivery, secrets: Sequence[Secret], now: datetime) -> Verdict:
    """Whether one of the secrets signed this delivery, and recently enough. Whatever was sent, it does not raise."""
    fields = _fields(scheme, delivery.headers.get(scheme.header, ""))
    timestamp = delivery.headers.get(scheme.timestamp_header or "", "")
    if scheme.timestamp_field is not None:
        timestamp = next(
            (text.partition("=")[2] for text in fields if text.startswith(f"{scheme.timestamp_field}=")), ""
        )
    message_id = delivery.headers.get(scheme.id_header or "", "")
    candidates = [
        text.encode(errors="replace") for text in fields if text.startswith(scheme.prefix) and text != scheme.prefix
    ]
    valid = False
    for secret in secrets:
        expected = sign(scheme, secret, delivery, timestamp=timestamp, message_id=message_id).encode()
        for candidate in candidates or [b""]:
            valid |= hmac.compare_digest(candidate, expected)
    timed = scheme.timestamp_header is not None or scheme.timestamp_field is not None
    if (
        scheme.header not in delivery.headers
        or (timed and not timestamp)
        or (scheme.id_header is not None and not message_id)
    ):
        return Verdict.MISSING
    if not valid:
        return Verdict.FORGED
    return Verdict.STALE if timed and not _recent(scheme, timestamp, now) else Verdict.VALID


def _fields(scheme: SignatureScheme, value: str) -> list[str]:
    parts = [value] if scheme.separator is None else value.split(scheme.separator)
    return [part.strip() for part in parts][:16]


def _key(scheme: SignatureScheme, secret: Secret) -> bytes:
    text = secret.reveal()
    if scheme.key is KeyForm.TEXT:
        return text.encode()
    text = text.removeprefix("whsec_").rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4))


def _recent(scheme: SignatureScheme, timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    signed_at = int(timestamp) * scheme.timestamp_unit.total_seconds()
    return abs(now.timestamp() - signed_at) <= scheme.tolerance.total_seconds()
