"""Small tables that outlive the process."""

from __future__ import annotations

from pathlib import Path

from connectors.sandbox.tables import Tables


def test_rows_are_there_when_the_tables_are_opened_again(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "state.jsonl")
    tables.put("t", "a", {"x": 1})
    tables.put("t", "b", {"x": 2})
    tables.put("t", "a", {"x": 3})
    assert tables.drop("t", "b") == {"x": 2}
    tables.close()
    again = Tables(tmp_path / "state.jsonl")
    assert list(again.rows("t")) == [("a", {"x": 3})]
    again.close()


def test_overwritten_rows_leave_the_file_at_the_next_start(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "state.jsonl")
    for number in range(5):
        tables.put("t", "a", {"x": number})
    tables.close()
    Tables(tmp_path / "state.jsonl").close()
    assert (tmp_path / "state.jsonl").read_text().splitlines() == ['{"table":"t","key":"a","row":{"x":4}}']


def test_dropping_what_is_not_there_gives_none(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "state.jsonl")
    assert tables.drop("t", "a") is None
    assert (tmp_path / "state.jsonl").read_bytes() == b""
    tables.close()
