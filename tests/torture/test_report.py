"""docs/guarantees.md says what the result file says, and names tests that exist."""

from __future__ import annotations

import re

import orjson

from tests.docs.markdown import PROJECT
from tests.torture import report
from tests.torture.faults import STRIKES
from tests.torture.platforms import TARGETS
from tests.torture.storms import STORMS
from tests.torture.windows import WINDOWS


def test_the_page_shows_the_result() -> None:
    page, result = report.PAGE.read_text(), orjson.loads(report.RESULT.read_bytes())
    assert page == report.filled(page, result), "rewrite it: python -m tests.torture --write"


def test_the_result_leaves_no_cell_out() -> None:
    cells = orjson.loads(report.RESULT.read_bytes()).get("cells")
    if cells is None:
        assert "It was not run as a whole" in report.PAGE.read_text()
        return
    assert {(row["target"], row["window"], row["strike"]) for row in cells["rows"]} == {
        (target, window, strike) for target in TARGETS for window in WINDOWS for strike in STRIKES
    }


def test_the_page_names_what_exists() -> None:
    page = report.PAGE.read_text()
    assert [path for path in re.findall(r"`(tests/[\w/.]+)`", page) if not (PROJECT / path).exists()] == []
    assert [key for key in re.findall(r"storm `(\w+)`", page) if key not in STORMS] == []
    faults = re.findall(r"fault `(\w+)`", page)
    assert faults
    assert [key for key in faults if key not in STRIKES] == []
