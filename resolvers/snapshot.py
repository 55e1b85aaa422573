"""The schema as it is checked in: compare it, or write it anew.

python -m resolvers.snapshot           says what differs, and which differences would break clients
python -m resolvers.snapshot --write   writes schema/schema.graphql; refuses to break clients without --break
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

import schema
from resolvers.api import SCHEMA

FILE = Path(schema.__file__).with_name("schema.graphql")


def current() -> str:
    """The schema of the code, as SDL."""
    return f"{SCHEMA.as_str().rstrip()}\n"


def breaking(old: str, new: str) -> list[str]:
    """What would break clients of the old schema, in sentences."""
    return [change.description for change in find_breaking_changes(build_schema(old), build_schema(new))]


def main(arguments: Sequence[str]) -> int:
    """Compare or write; the exit status says whether all is well."""
    old, new = FILE.read_text("utf-8") if FILE.exists() else "", current()
    broken = breaking(old, new) if old else []
    for line in broken:
        sys.stdout.write(f"breaks clients: {line}\n")
    if "--write" in arguments:
        if broken and "--break" not in arguments:
            sys.stdout.write("Not written. Deprecate instead, or write with --break and say so in the changelog.\n")
            return 1
        FILE.write_text(new, "utf-8")
        sys.stdout.write(f"{FILE} is written.\n")
        return 0
    if old != new:
        sys.stdout.write("schema.graphql differs from the code: python -m resolvers.snapshot --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
