"""The string formats of lexicons, as their specification defines them (atproto.com/specs/lexicon, "String formats")."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from connectors.sandbox.bluesky.cid import sha256_of_cid

_HANDLE = re.compile(r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_NSID = re.compile(r"[a-zA-Z]([a-zA-Z0-9-]{0,62})?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})?)+\.[a-zA-Z][a-zA-Z0-9]{0,62}")
_RECORD_KEY = re.compile(r"[a-zA-Z0-9_~.:-]{1,512}")
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_LANGUAGE = re.compile(r"(i|[a-z]{2,3})(-[A-Za-z0-9]+)*")
_URI = re.compile(r"\w+:(?://)?[^\s/][^\s]*")
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,20})?(Z|[+-]\d{2}:\d{2})")


def is_handle(text: str) -> bool:
    """A host name with at least two labels."""
    return len(text) <= 253 and _HANDLE.fullmatch(text) is not None


def is_did(text: str) -> bool:
    """`did:method:identifier`."""
    return len(text) <= 2048 and _DID.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    """1 to 512 characters, not `.` or `..`."""
    return _RECORD_KEY.fullmatch(text) is not None and text not in (".", "..")


def is_tid(text: str) -> bool:
    """A timestamp identifier: 13 characters of sortable base32."""
    return _TID.fullmatch(text) is not None


def is_nsid(text: str) -> bool:
    """The name of a lexicon, e.g. `app.bsky.feed.post`."""
    return len(text) <= 317 and _NSID.fullmatch(text) is not None


def is_at_uri(text: str) -> bool:
    """`at://authority[/collection[/rkey]]`."""
    if not text.startswith("at://"):
        return False
    authority, *path = text[5:].split("/")
    if not (is_did(authority) or is_handle(authority)) or len(path) > 2:
        return False
    return (not path or is_nsid(path[0])) and (len(path) < 2 or is_record_key(path[1]))


def is_datetime(text: str) -> bool:
    """RFC 3339 with a zone, a real moment."""
    if _DATETIME.fullmatch(text) is None or text.endswith("-00:00"):
        return False
    try:
        datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return False
    return True


def is_cid(text: str) -> bool:
    """A CIDv1 with SHA-256 in base32."""
    try:
        sha256_of_cid(text)
    except ValueError:
        return False
    return True


FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "at-identifier": (lambda text: is_did(text) or is_handle(text), "Invalid AT identifier"),
    "at-uri": (is_at_uri, "Invalid AT-URI"),
    "cid": (is_cid, "Invalid CID string"),
    "datetime": (is_datetime, "Invalid datetime"),
    "did": (is_did, "Invalid DID"),
    "handle": (is_handle, "Invalid handle"),
    "language": (lambda text: _LANGUAGE.fullmatch(text) is not None, "Invalid language"),
    "nsid": (is_nsid, "Invalid NSID"),
    "record-key": (is_record_key, "Invalid record key"),
    "tid": (is_tid, "Invalid TID"),
    "uri": (lambda text: _URI.fullmatch(text) is not None, "Invalid URI"),
}
"""Checks by the format's name, with the words that a server refuses with."""
