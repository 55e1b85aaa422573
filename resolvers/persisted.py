"""Persisted documents: a client sends the hash of a document that the installation lists, instead of the document.

    {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "…"}}}

With `POSTD_PERSISTED_ONLY` nothing else is executed: a stolen key can then do only what the listed documents do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from graphql import GraphQLError

from app.kernel.settings import Settings
from resolvers.masking import refusal


class Unlisted(Exception):
    """The document is not to be executed; `refusal` says why."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.refusal = error


@cache
def listed(path: Path | None) -> Mapping[str, str]:
    """Hash -> document, read once.

    Raises:
        ValueError: an entry's hash is not that of its document: the file was changed by hand.
    """
    if path is None:
        return {}
    found: dict[str, str] = orjson.loads(path.read_bytes())
    for key, text in found.items():
        if hashlib.sha256(text.encode()).hexdigest() != key:
            raise ValueError(f"{path}: the document under {key!r} has another hash; make the file again")
    return found


def document(settings: Settings, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    """The text to execute.

    Raises:
        Unlisted: the hash is not listed, or only listed documents are executed here.
    """
    asked = (extensions or {}).get("persistedQuery")
    key = asked.get("sha256Hash") if isinstance(asked, Mapping) else None
    known = listed(settings.persisted_documents)
    if isinstance(key, str) and key in known:
        return known[key]
    if query and not settings.persisted_only:
        return query
    if query and hashlib.sha256(query.encode()).hexdigest() in known:
        return query
    if key is None and not query:
        return query
    if not query and not settings.persisted_only:
        # In the words that clients' libraries wait for: they send the document after it.
        raise Unlisted(
            refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND", "Send the document as well as its hash.")
        )
    raise Unlisted(
        refusal(
            "This document is not listed here.",
            "PERSISTED_DOCUMENT_NOT_FOUND",
            "Send a document that the operator has listed, or its hash.",
        )
    )
