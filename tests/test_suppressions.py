"""A lint rule that is switched off says why, on the line itself: `# noqa: RULE -- why`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = ("app", "schema", "resolvers", "workers", "connectors", "migrations", "tests", "benchmarks")
REASONED = re.compile(r"# noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* -- \S")


def bare(source: str) -> Iterator[int]:
    """Give the lines whose comment switches a rule off without a reason."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "noqa" in token.string and not REASONED.search(token.string):
            yield token.start[0]


def test_a_bare_one_is_seen() -> None:
    lines = ["a  # noqa: B018", "b  # noqa", "c  # noqa: B018 - why", "d  # noqa: B018, E501 -- why", "e = '# noqa'"]
    assert list(bare("\n".join(lines))) == [1, 2, 3]


def test_every_rule_that_is_switched_off_says_why() -> None:
    files = [path for room in ROOMS for path in (PROJECT / room).rglob("*.py")]
    assert len(files) > 500
    found = [f"{path.relative_to(PROJECT)}:{line}" for path in files for line in bare(path.read_text())]
    assert found == []
