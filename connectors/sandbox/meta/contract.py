"""Checks requests against Meta's own description of the Graph API in `contracts/facebook` and `contracts/instagram`.

A node's description names its edges, their parameters with types, and the fields that may be asked for. What the pages
document and the description leaves out stands here, with the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request

from connectors.sandbox.gate import note_check, note_violation
from connectors.sandbox.meta.errors import GraphError, invalid
from connectors.sandbox.meta.fields import SentFile

_FOLDER: Final = Path(__file__).parent.parent / "contracts"
_EVERYWHERE: Final = frozenset(
    {"fields", "limit", "after", "before", "since", "until", "access_token", "appsecret_proof"}
)
"""https://developers.facebook.com/docs/graph-api/results (paging), .../graph-api/guides/secure-requests."""
_MORE_PARAMS: Final = {
    # The file itself: https://developers.facebook.com/docs/graph-api/reference/page/photos/
    ("Page", "POST", "photos"): {"source"},
}
_MORE_FIELDS: Final = {
    # https://developers.facebook.com/docs/graph-api/reference/user/accounts/, .../reference/page/picture/
    "Page": {"tasks", "picture"},
    # https://developers.facebook.com/docs/pages-api/posts
    "PagePost": {"comments", "reactions", "attachments"},
    "AdVideo": {"comments", "likes"},
    # https://developers.facebook.com/docs/instagram-platform/content-publishing
    "ContentPublishingLimitResponse": {"quota_usage", "config"},
    # https://developers.facebook.com/docs/graph-api/reference/user/
    "User": {"id", "name"},
    "Media": {"media_product_type"},
}
_EDGES: Final = {("IGUserForIGOnlyAPI", "media_publish"): "mediapublish"}
"""The description spells this edge in another way than the address is (instagram-platform/content-publishing)."""
_RETURNS: Final = {"Media": "IGMediaForIGOnlyAPI", "ShadowIGMedia": "IGMedia"}
_NESTED: Final = re.compile(r"\.\w+\([^)]*\)|\{[^{}]*\}")


@cache
def _node(platform: str, name: str) -> Mapping[str, Any] | None:
    file = _FOLDER / platform / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


@cache
def _enums(platform: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = json.loads((_FOLDER / platform / "enum_types.json").read_text(encoding="utf-8"))
    return found


def check(request: Request, platform: str, node: str, edge: str | None, params: Mapping[str, str | SentFile]) -> None:
    """Refuse (GraphError) and note what the description does not know; counts as one check."""
    method = request.method
    note_check(request.scope, f"{platform}: {method} {node}/{edge or ''}")
    operation = _operation(platform, node, method, edge)
    if operation is None:
        raise _violation(request, f"{node} has no {method} {edge or 'of itself'}")
    known = {rule["name"]: rule for rule in operation["params"]}
    extra = _EVERYWHERE | _MORE_PARAMS.get((node, method, edge or ""), set())
    for name, value in params.items():
        base = name.partition("[")[0]
        if base not in known and base not in extra:
            raise _violation(request, f"{name} is no parameter of {method} {node}/{edge or ''}")
        if base in known and isinstance(value, str) and not _fits(platform, known[base]["type"], value):
            raise _violation(request, f"{name} is not of type {known[base]['type']}: {value[:80]}")
    lacking = [name for name, rule in known.items() if rule["required"] and name not in params]
    if lacking:
        raise _violation(request, f"{lacking[0]} is required")
    if isinstance(fields := params.get("fields"), str):
        _check_fields(request, platform, operation["return"] if edge else node, fields)


def check_form(
    request: Request, platform: str, what: str, params: Mapping[str, Any], *required: str, **fixed: str
) -> None:
    """The same where Meta publishes no description: the stated parameters must be there, some with a value."""
    note_check(request.scope, f"{platform}: {what}")
    for name in (*required, *fixed):
        value = params.get(name)
        if not value or (name in fixed and value != fixed[name]):
            raise _violation(request, f"{name} is missing or wrong for {what}")


def _operation(platform: str, node: str, method: str, edge: str | None) -> Mapping[str, Any] | None:
    described = _node(platform, node)
    own = {"GET": "#get", "POST": "#update", "DELETE": "#delete"}[method]
    for operation in described["apis"] if described is not None else ():
        named = operation.get("endpoint") or operation.get("name")
        if operation["method"] == method and named == (_EDGES.get((node, edge), edge) if edge else own):
            return dict(operation)
    return None


def _check_fields(request: Request, platform: str, name: str, fields: str) -> None:
    """Names of fields are those of what comes back; what they are asked for inside is left alone."""
    name = _RETURNS.get(name, name)
    described = _node(platform, name)
    if described is None and name not in _MORE_FIELDS:
        return
    known = {field["name"] for field in described["fields"]} if described is not None else set()
    known |= _MORE_FIELDS.get(name, set()) | {"id"}
    for field in top_level(fields):
        if field not in known:
            raise _violation(request, f"{field} is no field of {name}")


def top_level(fields: str) -> list[str]:
    """The names in a list of fields, without what stands inside them: `a,b{c,d},e.limit(1)` -> a, b, e."""
    while _NESTED.search(fields):
        fields = _NESTED.sub("", fields)
    return [name.strip() for name in fields.split(",") if name.strip()]


def _fits(platform: str, kind: str, value: str) -> bool:
    inner = kind.removeprefix("list<").removesuffix(">")
    if inner in _enums(platform):
        allowed = {item.lower() for item in _enums(platform)[inner]}
        items = value.split(",") if kind.startswith("list<") else [value]
        return all(item.strip().lower() in allowed for item in items)
    match inner:
        case "bool":
            return value in ("true", "false")
        case "unsigned int" | "int":
            return value.isdecimal()
        case _:
            return True


def _violation(request: Request, words: str) -> GraphError:
    """A refusal because the request breaks the description; noted in the request log."""
    note_violation(request.scope, f"{request.method} {request.url.path} {words}")
    return invalid(words)
