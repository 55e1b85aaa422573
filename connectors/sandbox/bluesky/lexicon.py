"""Checks data against lexicons, the schemas of the AT Protocol, in the words of a real server.

The lexicons are the protocol's own files in `contracts/bluesky/lexicons`. Source: atproto.com/specs/lexicon.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import regex

from connectors.sandbox.bluesky.formats import FORMATS, is_cid

LEXICONS = Path(__file__).parent.parent / "contracts" / "bluesky" / "lexicons"
_GRAPHEMES = regex.compile(r"\X")

Definition = Mapping[str, Any]


class LexiconError(ValueError):
    """The data breaks the lexicon; the message says what and where."""


@cache
def lexicon(nsid: str) -> Definition | None:
    """A lexicon's definitions by name, or None where this server does not know it."""
    path = LEXICONS.joinpath(*nsid.split(".")).with_suffix(".json")
    if not path.is_relative_to(LEXICONS) or not path.is_file():
        return None
    definitions: Definition = json.loads(path.read_text(encoding="utf-8"))["defs"]
    return definitions


def check_record(nsid: str, record: Any) -> bool:
    """Check a record of a collection; False where the collection has no known lexicon. Raises LexiconError."""
    known = lexicon(nsid)
    if known is None or known["main"]["type"] != "record":
        return False
    _check(nsid, known["main"]["record"], record, "$.record")
    return True


def check_input(nsid: str, body: Any) -> None:
    """Check the JSON body of a procedure. Raises LexiconError."""
    known = lexicon(nsid)
    schema = (known or {}).get("main", {}).get("input", {}).get("schema")
    if schema is not None:
        _check(nsid, schema, body, "$.input")


def check_output(nsid: str, body: Any) -> None:
    """Check the JSON answer of a method. Raises LexiconError."""
    known = lexicon(nsid)
    schema = (known or {}).get("main", {}).get("output", {}).get("schema")
    if schema is not None:
        _check(nsid, schema, body, "$.output")


def read_params(nsid: str, query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The parameters of a query with their types and defaults. Raises LexiconError."""
    schema = ((lexicon(nsid) or {}).get("main", {})).get("parameters", {"properties": {}})
    params: dict[str, Any] = {}
    for name, rule in schema["properties"].items():
        if name not in query:
            if "default" in rule:
                params[name] = rule["default"]
            continue
        values = [_typed(rule.get("items", rule), text) for text in query[name]]
        params[name] = values if rule["type"] == "array" else values[0]
    _check(nsid, {**schema, "type": "object"}, params, "$.params")
    return params


def _typed(rule: Definition, text: str) -> Any:
    if rule["type"] == "integer":
        return int(text) if text.lstrip("-").isdigit() else text
    if rule["type"] == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def _check(nsid: str, rule: Definition, value: Any, path: str) -> None:
    """Check one value; `nsid` is the lexicon that `#name` references are read in."""
    kind = rule["type"]
    if kind in _NESTED:
        _NESTED[kind](nsid, rule, value, path)
    elif kind in _LEAVES:
        _LEAVES[kind](rule, value, path)
    if "const" in rule and value != rule["const"]:
        raise LexiconError(f"Expected {rule['const']!r} at {path}")
    if "enum" in rule and value not in rule["enum"]:
        raise LexiconError(f"Expected one of {rule['enum']} (got {value!r}) at {path}")


def _check_ref(nsid: str, rule: Definition, value: Any, path: str) -> None:
    home, target = _resolve(nsid, rule["ref"])
    if target is not None:
        _check(home, target, value, path)


def _resolve(nsid: str, ref: str) -> tuple[str, Definition | None]:
    name, _, part = ref.partition("#")
    home = name or nsid
    known = lexicon(home)
    return home, None if known is None else known.get(part or "main")


def _check_object(nsid: str, rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, dict), "object", value, path)
    for name in rule.get("required", ()):
        if name not in value:
            raise LexiconError(f'Missing required key "{name}" at {path}')
    for name, inner in rule.get("properties", {}).items():
        if name in value and not (value[name] is None and name in rule.get("nullable", ())):
            _check(nsid, inner, value[name], f"{path}.{name}")


def _check_union(nsid: str, rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, dict), "object", value, path)
    if not isinstance(value.get("$type"), str):
        raise LexiconError(f'Missing required key "$type" at {path}')
    named = value["$type"].removesuffix("#main")
    for ref in rule["refs"]:
        if named == (nsid + ref if ref.startswith("#") else ref.removesuffix("#main")):
            home, target = _resolve(nsid, ref)
            if target is not None:
                _check(home, target, value, path)
            return
    if rule.get("closed"):
        raise LexiconError(f"Expected one of {', '.join(rule['refs'])} (got {named}) at {path}.$type")


def _check_array(nsid: str, rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, list), "array", value, path)
    _check_size(len(value), rule, path, ("array", "maxLength", "minLength"))
    for index, item in enumerate(value):
        _check(nsid, rule["items"], item, f"{path}[{index}]")


def _check_integer(rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, int) and not isinstance(value, bool), "integer", value, path)
    _check_size(value, rule, path, ("integer", "maximum", "minimum"))


def _check_boolean(_rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, bool), "boolean", value, path)


def _check_unknown(_rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, dict), "object", value, path)


def _check_link(_rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, dict) and is_cid(str(value.get("$link"))), "cid-link", value, path)


def _check_bytes(_rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, dict) and isinstance(value.get("$bytes"), str), "bytes", value, path)


def _check_string(rule: Definition, value: Any, path: str) -> None:
    _expect(isinstance(value, str), "string", value, path)
    _check_size(len(value.encode()), rule, path, ("string", "maxLength", "minLength"))
    if "maxGraphemes" in rule or "minGraphemes" in rule:
        _check_size(len(_GRAPHEMES.findall(value)), rule, path, ("grapheme", "maxGraphemes", "minGraphemes"))
    if rule.get("format") in FORMATS:
        valid, words = FORMATS[rule["format"]]
        if not valid(value):
            raise LexiconError(f"{words} (got {value!r}) at {path}")


def _check_blob(rule: Definition, value: Any, path: str) -> None:
    whole = isinstance(value, dict) and value.get("$type") == "blob" and isinstance(value.get("ref"), dict)
    _expect(whole and is_cid(str(value["ref"].get("$link"))), "blob", value, path)
    mime, size = value.get("mimeType"), value.get("size")
    _expect(isinstance(mime, str) and isinstance(size, int), "blob", value, path)
    accept = rule.get("accept", ["*/*"])
    if not any(_mime_fits(mime, pattern) for pattern in accept):
        raise LexiconError(f'Expected "{", ".join(accept)}" (got "{mime}") at {path}.mimeType')
    _check_size(size, rule, path, ("blob", "maxSize", "minSize"))


def _mime_fits(mime: str, pattern: str) -> bool:
    return pattern in ("*/*", mime) or (pattern.endswith("/*") and mime.startswith(pattern[:-1]))


def _check_size(size: int, rule: Definition, path: str, names: tuple[str, str, str]) -> None:
    what, most, least = names
    if most in rule and size > rule[most]:
        raise LexiconError(f"{what} too big (maximum {rule[most]}, got {size}) at {path}")
    if least in rule and size < rule[least]:
        raise LexiconError(f"{what} too small (minimum {rule[least]}, got {size}) at {path}")


def _expect(true: bool, kind: str, value: Any, path: str) -> None:  # noqa: FBT001 -- reads as an assertion
    if not true:
        raise LexiconError(f"Expected {kind} value type (got {type(value).__name__}) at {path}")


_NESTED: dict[str, Callable[[str, Definition, Any, str], None]] = {
    "ref": _check_ref,
    "union": _check_union,
    "object": _check_object,
    "array": _check_array,
}
_LEAVES: dict[str, Callable[[Definition, Any, str], None]] = {
    "string": _check_string,
    "integer": _check_integer,
    "boolean": _check_boolean,
    "blob": _check_blob,
    "unknown": _check_unknown,
    "cid-link": _check_link,
    "bytes": _check_bytes,
}
