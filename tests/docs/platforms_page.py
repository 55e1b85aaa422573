"""Makes docs/platforms.md out of the connectors' own declarations.

python -m tests.docs.platforms_page --write
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

from connectors.capabilities import Capabilities, FieldKind, Limit, Option, ReconcileClass
from connectors.catalog import BUILT_IN
from tests.docs.markdown import PROJECT, table

FILE = PROJECT / "docs" / "platforms.md"
COMMAND = "python -m tests.docs.platforms_page --write"
HEAD = f"""\
# Platforms

This page is made from what the connectors declare; the validator and the API's `platforms` query read the same
declarations. Do not edit it: change `connectors/<platform>/capabilities.py`, then run
`{COMMAND}`.
How to add a platform: [write a connector](write-a-connector.md).

An account may have limits of its own, as its server states them. They are read when it is connected and at every
check; `Connection.limits` gives the figures that hold.
"""
SETTLES = {
    ReconcileClass.KEY: "our own key: the same request again is the same post",
    ReconcileClass.CONTAINER: "the id of a draft that is made first",
    ReconcileClass.DUPLICATE: "the platform's refusal of a duplicate",
    ReconcileClass.LOOKUP: "a search in the account's own posts",
    ReconcileClass.HUMAN: "a person",
}
"""How a publish whose answer was lost is settled."""


def render() -> str:
    """The whole page."""
    every = sorted((connector.capabilities for connector in BUILT_IN), key=lambda item: item.key)
    return "\n".join([HEAD, overview(every), *(line for item in every for line in chapter(item))])


def overview(every: list[Capabilities]) -> str:
    """One line a platform."""
    head = ("platform", "key", "connect by", "posts", "edit", "delete", "a lost answer is settled by")
    return table(head, (_summary(item) for item in every))


def _summary(item: Capabilities) -> tuple[str, ...]:
    ways = ", ".join(way.by.replace("_", " ") for way in item.connect)
    formats = ", ".join(found.key for found in item.formats)
    able = ("yes" if item.can_edit else "no", "yes" if item.can_delete else "no")
    return (item.name, f"`{item.key}`", ways, formats, *able, SETTLES[item.reconcile])


def chapter(item: Capabilities) -> Iterator[str]:
    """Everything about one platform."""
    yield f"## {item.name}\n"
    yield f"API: {item.api_version.name} ([source]({item.api_version.source})).\nDocumentation: <{item.docs}>.\n"
    yield "### Connecting\n"
    yield table(("way", "field", "label", "kind", "needed", "where to find it"), _fields(item))
    yield table(("right asked for (OAuth)", "what for"), ((f"`{scope.name}`", scope.purpose) for scope in item.scopes))
    for way in item.connect:
        if way.scopes:
            rights = ((f"`{scope.name}`", scope.purpose) for scope in way.scopes)
            yield table((f"right asked for (`{way.by.name}`)", "what for"), rights)
    yield "### Limits\n"
    yield table(("posts", "rule", "least", "most", "counted in", "stated by"), _limits(item))
    yield table(
        ("posts", "files"),
        ((kind.key, ", ".join(f"`{mime}`" for mime in kind.media_types)) for kind in item.formats if kind.media_types),
    )
    if item.images is not None:
        rules = item.images
        types = ", ".join(f"`{mime}`" for mime in rules.types)
        yield "Images are made to fit before the upload, upright and without metadata:"
        yield f"at most {rules.max_bytes:,} bytes and {rules.max_side:,} pixels a side, as {types}.{_shapes(item)}\n"
    if item.quotas:
        yield "### Allowances\n"
        yield table(
            ("what", "how many", "in which time", "stated by"),
            ((f"`{rule.name}`", f"{rule.max:,}", _span(rule.per), _source(rule.source)) for rule in item.quotas),
        )
    if item.options:
        yield "### Options\n"
        yield table(
            ("option", "what it does", "values", "default", "only for"), (_option(option) for option in item.options)
        )


def _shapes(item: Capabilities) -> str:
    """The shapes that are taken, width by height, where not all are."""
    rules = item.images
    if rules is None or rules.min_aspect is None or rules.max_aspect is None:
        return ""
    any_shape = ", ".join(f"`{kind.key}`" for kind in item.formats if kind.images is not None)
    besides = f" (any for {any_shape})" if any_shape else ""
    return f"\nShapes from {rules.min_aspect:g} to {rules.max_aspect:g}, width by height{besides}; others get bars."


def _fields(item: Capabilities) -> Iterator[tuple[str, ...]]:
    for way in item.connect:
        for field in way.fields:
            needed = "yes" if field.required else "no"
            yield (f"`{way.by.name}`", f"`{field.name}`", field.label, _kind(field.kind), needed, field.help)


def _option(option: Option) -> tuple[str, ...]:
    choices = ", ".join(f"`{word}`" for word in option.choices)
    kinds = ", ".join(f"`{key}`" for key in option.formats)
    return (f"`{option.name}`", option.description, choices, option.default or "", kinds)


def _limits(item: Capabilities) -> Iterator[tuple[str, ...]]:
    for kind in item.formats:
        for number, limit in enumerate(kind.limits):
            yield ("" if number else kind.key, *_limit(limit))


def _limit(limit: Limit) -> tuple[str, ...]:
    figures = ("" if figure is None else f"{figure:,}" for figure in (limit.min, limit.max))
    return (f"`{limit.rule}`", *figures, limit.unit.value, _source(limit.source))


def _source(address: str) -> str:
    return f"[source]({address})" if address else ""


def _kind(kind: FieldKind) -> str:
    return {"text": "text", "secret": "hidden text", "url": "address"}[kind.value]


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for name, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    FILE.write_text(render())
