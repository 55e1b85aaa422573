"""What a user may type to say who he is, and the names of the AT Protocol. Pure: nothing is looked up here.

Handles: https://atproto.com/specs/handle, DIDs: https://atproto.com/specs/did, record addresses:
https://atproto.com/specs/at-uri-scheme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.faults import HINTS, Fault, FaultKind, PlatformFault

POST = "app.bsky.feed.post"
THREADGATE = "app.bsky.feed.threadgate"
UNKNOWN_HANDLE = "handle.invalid"
"""What the protocol shows in place of a handle that does not lead back to its account."""

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
HANDLE_PATTERN = rf"(?:{_LABEL}\.)+[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?"

_HANDLE = re.compile(HANDLE_PATTERN)
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
# Names under these never have a host on the public network (RFC 6761, RFC 9476, https://atproto.com/specs/handle).
_RESERVED = (".alt", ".arpa", ".example", ".internal", ".invalid", ".local", ".localhost", ".onion", ".test")
# Characters that keyboards and pages add around a copied handle and that nobody sees.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))


@dataclass(frozen=True, slots=True)
class RecordAddress:
    """The three pieces of an `at://` address."""

    did: str
    collection: str
    key: str

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.key}"


def cleaned(identifier: str) -> str:
    """What the user meant: without spaces, invisible characters, `@`, `at://` and the address of a profile page."""
    plain = identifier.translate(_INVISIBLE).strip()
    for prefix in ("at://", "https://bsky.app/profile/"):
        if plain.lower().startswith(prefix):
            plain = plain[len(prefix) :].split("/")[0]
    plain = plain.removeprefix("@")
    return plain.lower() if is_handle(plain) else plain


def is_handle(text: str) -> bool:
    """Whether the text has the form of a handle, e.g. `alice.bsky.social`."""
    return len(text) <= 253 and _HANDLE.fullmatch(text) is not None


def may_have_host(handle: str) -> bool:
    """Whether a handle can be the name of a web server; `alice.test` (development) never is."""
    return not handle.endswith(_RESERVED)


def is_did(text: str) -> bool:
    """Whether the text has the form of a DID."""
    return len(text) <= 2048 and _DID.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether the text has the form of an e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Whether the text is meant as the address of a server."""
    return text.lower().startswith(("https://", "http://"))


def origin(url: str) -> str:
    """Scheme, host and port of a server's address, in lower case and without a path.

    A server name without a scheme means `https`. Raises a fault where there is no host in it; which hosts may be
    called is the transport's decision.
    """
    address = url.strip()
    try:
        pieces = urlsplit(address if "://" in address else f"https://{address}")
        port = pieces.port
    except ValueError:
        pieces, port = urlsplit(""), None
    host = pieces.hostname
    if pieces.scheme not in ("https", "http") or not host or pieces.username is not None:
        raise PlatformFault(
            Fault(
                FaultKind.FORBIDDEN_ADDRESS,
                "This is not the address of a server.",
                "Give it like https://bsky.social, without a user name in it.",
            )
        )
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[pieces.scheme]
    return f"{pieces.scheme}://{shown}" if port in (None, usual) else f"{pieces.scheme}://{shown}:{port}"


def record_address(uri: str) -> RecordAddress:
    """Take an `at://` address apart. Raises a fault for anything else."""
    pieces = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://") or len(pieces) != 3 or not all(pieces):
        raise PlatformFault(
            Fault(
                FaultKind.NOT_FOUND,
                "The stored reference is not the address of a record on Bluesky.",
                HINTS[FaultKind.NOT_FOUND],
            )
        )
    return RecordAddress(*pieces)


def permalink(did: str, key: str) -> str:
    """Where people read a post. It names the DID, so that it outlives a change of the handle."""
    return f"https://bsky.app/profile/{did}/post/{key}"
