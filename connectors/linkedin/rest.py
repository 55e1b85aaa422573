"""Calls of LinkedIn's versioned API: the headers that each carries, and addresses in its own (Rest.li) form.

URNs are percent-encoded in paths and queries, while the signs of a structure, as in `List(a,b)`, stay as they are; so
queries are built by hand. Source: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/protocol-version
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

from connectors.contract import Access, Context
from connectors.linkedin.capabilities import API, VERSION
from connectors.linkedin.faults import refusal, unexpected
from connectors.transport import Answer

HEADERS: Final[Mapping[str, str]] = {"linkedin-version": VERSION.name, "x-restli-protocol-version": "2.0.0"}


def encoded(value: str) -> str:
    """A value, such as a URN, for a path or a query."""
    return quote(value, safe="")


def listed(values: Iterable[str]) -> str:
    """Several values as one query parameter."""
    return f"List({','.join(encoded(value) for value in values)})"


async def call(
    cx: Context,
    access: Access,
    method: str,
    path: str,
    *,
    json: Any = None,
    restli: str | None = None,
    effect: bool = False,
) -> Answer:
    """One call, whatever its answer. `path` has its query with it; `restli` names the method where HTTP cannot."""
    headers = {**HEADERS, **({"x-restli-method": restli} if restli else {})}
    address = f"{cx.settings.at(API)}{path}"
    return await cx.http.send(method, address, headers=headers, json=json, token=access.tokens.access, effect=effect)


async def read(cx: Context, access: Access, path: str, *, restli: str | None = None) -> Mapping[str, Any]:
    """What a path gives. Raises `PlatformFault` for every answer but a success with a JSON object."""
    return body(cx, await call(cx, access, "GET", path, restli=restli))


def body(cx: Context, answer: Answer) -> Mapping[str, Any]:
    """The answer's object, or the fault that it stands for."""
    if not answer.ok:
        raise refusal(answer, cx.now())
    found = answer.json()
    if not isinstance(found, Mapping):
        raise unexpected(answer, "LinkedIn answered with something that is not an object.")
    return found


def elements(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The things of a collection."""
    listed_there = found.get("elements")
    return [item for item in listed_there if isinstance(item, Mapping)] if isinstance(listed_there, list) else []
