"""Checks requests and answers against the OpenAPI description of Mastodon in `contracts/mastodon/openapi.json`.

The instance converts text to the type that a field has (`"86400"` to a number, `"true"` to a boolean), so the check
does the same first; what cannot be converted breaks the contract.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from starlette.requests import Request

from connectors.sandbox.gate import note_check, note_violation
from connectors.sandbox.mastodon.errors import MastodonError
from connectors.sandbox.mastodon.forms import SentFile

_FILE = Path(__file__).parent.parent / "contracts" / "mastodon" / "openapi.json"
_TRUE, _FALSE = ("true", "1", "on"), ("false", "0", "off")


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


@cache
def _body_validator(method: str, path: str) -> Draft202012Validator:
    content = _document()["paths"][path][method]["requestBody"]["content"]
    return _validator(next(iter(content.values()))["schema"])


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator that finds `#/components/...` references."""
    return Draft202012Validator({**schema, "components": _document()["components"]})


def check_body(request: Request, path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the types of the description. Raises MastodonError 400 and notes the violation."""
    note_check(request.scope, f"mastodon: {request.method} {path}")
    validator = _body_validator(request.method.lower(), path)
    schema = cast("Mapping[str, Any]", validator.schema)
    typed = {name: _typed(schema, name, value) for name, value in fields.items()}
    plain = {name: _plain(value) for name, value in typed.items()}
    # Each field by itself as well: where a body may have several forms, one form says nothing of another's fields.
    rules = {name: rule for name in plain if (rule := _rule(schema, name)) is not None}
    by_field = _validator({"type": "object", "properties": rules})
    error = best_match([*by_field.iter_errors(plain), *validator.iter_errors(plain)])
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise violation(request, f"{where + ': ' if where else ''}{error.message[:200]}")
    return typed


def check_query(request: Request, path: str) -> dict[str, Any]:
    """The query's parameters with types and defaults; unknown ones are left out. Raises MastodonError."""
    note_check(request.scope, f"mastodon: {request.method} {path}")
    params: dict[str, Any] = {}
    for rule in _document()["paths"][path]["get"].get("parameters", ()):
        if rule["in"] != "query":
            continue
        name, schema = rule["name"], rule["schema"]
        values = request.query_params.getlist(f"{name}[]") or request.query_params.getlist(name)
        if not values:
            if rule.get("required"):
                raise violation(request, f"{name} is required")
            if "default" in schema:
                params[name] = schema["default"]
            continue
        params[name] = values if schema["type"] == "array" else _converted(schema, values[-1])
        error = best_match(_validator(schema).iter_errors(params[name]))
        if error is not None:
            raise violation(request, f"{name}: {error.message[:200]}")
    return params


def check_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """Where an answer of the simulated instance breaks the description; empty when it keeps to it."""
    content = _document()["paths"][path][method]["responses"][str(status)].get("content")
    if content is None:
        return []
    validator = _validator(content["application/json"]["schema"])
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)]


def violation(request: Request, words: str) -> MastodonError:
    """A refusal because the request breaks the description; noted in the request log."""
    note_violation(request.scope, f"{request.method} {request.url.path} {words}")
    return MastodonError(400, f"Invalid request: {words}")


def _typed(schema: Mapping[str, Any], name: str, value: Any) -> Any:
    """Convert a field by the first rule for it that the description has."""
    rule = _rule(schema, name)
    if rule is None:
        return value
    if isinstance(value, dict) and rule.get("type") == "object":
        return {inner: _typed(rule, inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_converted(rule.get("items", {}), item) for item in value]
    return _converted(rule, value)


def _rule(schema: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    if "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: Mapping[str, Any] | None = schema.get("properties", {}).get(name)
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        found = found or _rule(inner, name)
    return found


def _converted(rule: Mapping[str, Any], value: Any) -> Any:
    kind = rule.get("type")
    if kind == "boolean" and isinstance(value, str) and value.lower() in (*_TRUE, *_FALSE):
        return value.lower() in _TRUE
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if kind == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _plain(value: Any) -> Any:
    """A file counts as text: its content is checked elsewhere."""
    return "(file)" if isinstance(value, SentFile) else value
