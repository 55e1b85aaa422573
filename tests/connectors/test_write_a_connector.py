"""The page on writing a connector shows the example as it is: code in the page is code of the files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/write-a-connector.md").read_text(encoding="utf-8")
SOURCES = [
    (ROOT / "tests/connectors" / name).read_text(encoding="utf-8")
    for name in ("example/connector.py", "test_example.py")
]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_page_has_code() -> None:
    assert len(BLOCKS) == 10


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:40])
def test_a_block_is_a_piece_of_the_files(block: str) -> None:
    assert sum(source.count(block) for source in SOURCES) == 1


def test_files_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:tests|connectors|docs)/[\w/.-]+)`", PAGE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
