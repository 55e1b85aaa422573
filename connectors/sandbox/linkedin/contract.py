"""Checks requests against the description in `contracts/linkedin/openapi.json`: headers, query, body, the form of URNs.

A version of the API that LinkedIn does not have (any more) is answered with 426, a missing one with 400.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from starlette.requests import Request

from connectors.sandbox.gate import note_check, note_violation
from connectors.sandbox.linkedin.errors import LinkedInError

OLDEST_VERSION, NEWEST_VERSION = "202512", "202611"
"""What is active. Fixed, so that a test does not begin to fail on some day."""

_FILE = Path(__file__).parent.parent / "contracts" / "linkedin" / "openapi.json"
_NUMBER = re.compile(r"-?\d+")


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


async def check(request: Request, template: str) -> Any:
    """The request's body, or None where it has none. Raises LinkedInError and notes the violation."""
    note_check(request.scope, f"linkedin: {request.method} {template}")
    operation = _document()["paths"][template][request.method.lower()]
    _check_version(request, operation)
    if b"urn:" in request.scope["raw_path"] or b"urn:" in request.scope["query_string"]:
        raise violation(request, "a URN in a path or a query is percent-encoded")
    for where, found in (("header", dict(request.headers)), ("query", dict(request.query_params))):
        _check_parameters(request, operation, where, found)
    if "requestBody" not in operation:
        return None
    mime, described = next(iter(operation["requestBody"]["content"].items()))
    raw = await request.body()
    try:
        body = json.loads(raw) if mime == "application/json" else dict(parse_qsl(raw.decode(), keep_blank_values=True))
    except ValueError:
        raise violation(request, "the body is not JSON") from None
    error = best_match(Draft202012Validator(described["schema"]).iter_errors(body))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path)
        raise violation(request, f"{where + ': ' if where else ''}{error.message[:200]}")
    return body


def violation(request: Request, words: str) -> LinkedInError:
    """A refusal because the request breaks the description; noted in the request log."""
    note_violation(request.scope, f"{request.method} {request.url.path} {words}")
    return LinkedInError(400, "ILLEGAL_ARGUMENT", f"Invalid request: {words}")


def _check_version(request: Request, operation: Mapping[str, Any]) -> None:
    if not any(rule["name"] == "LinkedIn-Version" for rule in operation["parameters"]):
        return
    version = request.headers.get("linkedin-version")
    if version is None:
        note_violation(request.scope, f"{request.method} {request.url.path} LinkedIn-Version is missing")
        raise LinkedInError(400, "VERSION_MISSING", "A version must be present. Please specify a version.")
    if not OLDEST_VERSION <= version <= NEWEST_VERSION:
        raise LinkedInError(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")


def _check_parameters(request: Request, operation: Mapping[str, Any], where: str, found: Mapping[str, str]) -> None:
    rules = {rule["name"]: rule for rule in operation["parameters"] if rule["in"] == where}
    for name, rule in rules.items():
        value = found.get(name.lower() if where == "header" else name)
        if name == "Authorization" and value is None:
            continue  # answered with 401, as LinkedIn does
        if value is None:
            if rule["required"]:
                raise violation(request, f"{name} is required")
            continue
        typed: Any = int(value) if rule["schema"].get("type") == "integer" and _NUMBER.fullmatch(value) else value
        error = best_match(Draft202012Validator(rule["schema"]).iter_errors(typed))
        if error is not None:
            raise violation(request, f"{name}: {error.message[:200]}")
    unknown = sorted(set(found) - set(rules)) if where == "query" else []
    if unknown:
        raise violation(request, f"{unknown[0]} is not a parameter")
