"""Scalars of our own: strict on the way in, exact on the way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NewType
from urllib.parse import urlsplit

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Cursor = NewType("Cursor", str)
LocalDateTime = NewType("LocalDateTime", datetime)
TimeZone = NewType("TimeZone", str)
URL = NewType("URL", str)

# RFC 3339: a date, a time of day and an offset. Python's own parser takes more (weeks, ordinals), which nobody means.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_LONGEST_URL = 2000


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"A {name} is a string.")
    return value


def parse_instant(value: Any) -> datetime:
    """An instant, aware."""
    text = _text(value, "DateTime")
    if not _INSTANT.fullmatch(text):
        raise GraphQLError("A DateTime is RFC 3339 with an offset, e.g. 2026-03-29T09:00:00+02:00 or …Z.")
    return _moment(text)


def parse_local(value: Any) -> datetime:
    """A wall-clock time, without an offset."""
    text = _text(value, "LocalDateTime")
    if not _LOCAL.fullmatch(text):
        raise GraphQLError("A LocalDateTime has no offset, e.g. 2026-03-29T09:00; the zone stands beside it.")
    return _moment(text)


def parse_zone(value: Any) -> str:
    """A word that may be the name of a zone; whether there is one is decided where it is used."""
    text = _text(value, "TimeZone")
    if not _ZONE.fullmatch(text):
        raise GraphQLError("A TimeZone is an IANA name such as Europe/Berlin.")
    return text


def parse_url(value: Any) -> str:
    """An address of the web."""
    text = _text(value, "URL").strip()
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or len(text) > _LONGEST_URL:
        raise GraphQLError(f"A URL starts with https:// or http:// and has at most {_LONGEST_URL} characters.")
    return text


def parse_cursor(value: Any) -> str:
    """A cursor; what it means is decided where it is used."""
    return _text(value, "Cursor")


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError as error:
        raise GraphQLError(f"This moment does not exist: {error}.") from None


def _scalar(
    name: str, description: str, parse: Callable[[Any], Any], serialize: Callable[[Any], Any] = str, page: str = ""
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name, description=description, parse_value=parse, serialize=serialize, specified_by_url=page or None
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "An instant: RFC 3339 with an offset, microseconds kept.",
        parse_instant,
        datetime.isoformat,
        "https://www.rfc-editor.org/rfc/rfc3339",
    ),
    LocalDateTime: _scalar(
        "LocalDateTime",
        "A wall-clock time without an offset, e.g. 2026-03-29T09:00. Its zone stands beside it.",
        parse_local,
        lambda value: value if isinstance(value, str) else value.isoformat(),
    ),
    TimeZone: _scalar(
        "TimeZone",
        "The name of a time zone in the IANA database, e.g. Europe/Berlin.",
        parse_zone,
        page="https://www.iana.org/time-zones",
    ),
    Cursor: _scalar("Cursor", "A place in a list or in the event log, opaque: give it back as it is.", parse_cursor),
    URL: _scalar("URL", "An absolute address of the web.", parse_url, page="https://www.rfc-editor.org/rfc/rfc3986"),
}
"""What the schema is built with: Python type -> scalar."""
