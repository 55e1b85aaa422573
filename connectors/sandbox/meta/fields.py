"""Reads what a request says: query, form, multipart and JSON in one, as the Graph API takes them alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from connectors.sandbox.meta.errors import invalid

LARGEST_FIELD = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a multipart body."""

    mime: str
    content: bytes


async def read_params(request: Request) -> dict[str, str | SentFile]:
    """Every parameter by name."""
    params: dict[str, str | SentFile] = dict(request.query_params)
    mime = request.headers.get("content-type", "").partition(";")[0].strip()
    if mime in ("application/x-www-form-urlencoded", "multipart/form-data"):
        async with request.form(max_part_size=LARGEST_FIELD) as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    params[name] = value
                else:
                    params[name] = SentFile((value.content_type or "").partition(";")[0], await value.read())
    elif mime == "application/json":
        body = await request.json()
        if not isinstance(body, dict):
            raise invalid("The body is no object")
        params |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return params


def text(params: dict[str, str | SentFile], name: str) -> str:
    """A parameter as text; empty where it is not there."""
    value = params.get(name, "")
    return value if isinstance(value, str) else ""


def listed(value: str) -> list[str]:
    """A list, as JSON or separated by commas."""
    if value.startswith("["):
        items: Any = json.loads(value)
        return [str(item) for item in items]
    return [item.strip() for item in value.split(",") if item.strip()]


def only(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The fields of an object that were asked for; the id always."""
    return {name: row[name] for name in ("id", *names) if row.get(name) is not None}
