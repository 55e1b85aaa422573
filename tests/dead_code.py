"""Finds functions, methods and classes that nobody uses: `python -m tests.dead_code`, part of `make check`.

Attributes and fields are left alone: rows, answers and settings are read by libraries and by clients. The API's types
are read to see what they use; their own fields are used by clients.
"""

from __future__ import annotations

import sys
from pathlib import Path

import vulture

ROOT = Path(__file__).resolve().parents[1]
PATHS = ("app", "schema", "resolvers", "workers", "connectors", "migrations", "tests", "benchmarks")
KINDS = {"function", "method", "class", "property", "import", "unreachable_code"}
USED_BY_LIBRARIES = [
    "@app.command*",
    "@event.listens_for*",
    "@field_validator*",
    "@given*",
    "@initialize*",
    "@invariant*",
    "@model_validator*",
    "@pytest.*",
    "@rule*",
    "@strawberry.*",
    "@precondition*",
]
CALLED_BY_LIBRARIES = [
    "Murmur",  # the example plug-in, named by an entry point
    "Test*",
    "after_*",
    "before_*",
    "capture_signals",  # uvicorn
    "connection_*",  # asyncio protocols
    "data_received",  # asyncio protocols
    "declare_queue",  # Dramatiq
    "decode_json",  # Strawberry
    "downgrade",  # Alembic
    "encode_json",  # Strawberry
    "enter_*",  # graphql-core visitors
    "factory",  # `uvicorn --factory`
    "get_context",  # Strawberry
    "handleError",  # logging
    "handle_*",  # html.parser, graphql-transport-ws
    "next_published",  # broadcaster
    "on_*",  # Strawberry's extensions
    "process_*",  # SQLAlchemy's types, Strawberry
    "pytest_*",
    "send_json",  # Strawberry
    "teardown",  # Hypothesis
    "test_*",
    "unsubscribe",  # broadcaster
    "upgrade",  # Alembic
]


def main() -> int:
    finder = vulture.Vulture(ignore_names=CALLED_BY_LIBRARIES, ignore_decorators=USED_BY_LIBRARIES)
    finder.scavenge([str(ROOT / path) for path in PATHS], exclude=["*/vendor/*", "*/tests/connectors/test_catalog.py"])
    found = [
        item
        for item in finder.get_unused_code(min_confidence=60)
        if item.typ in KINDS and ROOT / "schema" not in Path(item.filename).parents
    ]
    for item in found:
        print(f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.message}")  # noqa: T201 -- its result
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
