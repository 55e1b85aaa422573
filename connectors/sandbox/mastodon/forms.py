"""Reads request bodies as the instance does: JSON, forms and multipart, with nested names such as `poll[options][]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from connectors.sandbox.mastodon.errors import MastodonError

_PART = re.compile(r"\[([^\]]*)\]")
LARGEST_FIELD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a multipart body."""

    mime: str
    content: bytes


async def read_fields(request: Request) -> dict[str, Any]:
    """The request's fields; files as `SentFile`. A field that is null counts as absent."""
    mime = request.headers.get("content-type", "").partition(";")[0].strip()
    if mime == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise MastodonError(400, "There was an error parsing the request body") from None
        if not isinstance(body, dict):
            raise MastodonError(400, "There was an error parsing the request body")
        return {name: value for name, value in body.items() if value is not None}
    if mime in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form(max_part_size=LARGEST_FIELD) as form:
            return nest([(name, await _read(value)) for name, value in form.multi_items()])
    return {}


def nest(pairs: Iterable[tuple[str, str | SentFile]]) -> dict[str, Any]:
    """`a[]` becomes a list, `a[b]` an object, `a[b][]` a list in an object."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        first = name.partition("[")[0]
        place: dict[str, Any] = result
        keys = [first, *_PART.findall(name[len(first) :])]
        while len(keys) > 1 and keys[1] != "":
            inner = place.setdefault(keys[0], {})
            if not isinstance(inner, dict):
                raise MastodonError(400, f"expected an object for {keys[0]}")
            place, keys = inner, keys[1:]
        if len(keys) > 1:
            items = place.setdefault(keys[0], [])
            if not isinstance(items, list):
                raise MastodonError(400, f"expected a list for {keys[0]}")
            items.append(value)
        else:
            place[keys[0]] = value
    return result


async def _read(value: str | UploadFile) -> str | SentFile:
    if isinstance(value, str):
        return value
    return SentFile((value.content_type or "").partition(";")[0].strip(), await value.read())
