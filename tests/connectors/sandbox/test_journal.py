"""The append-only file."""

from __future__ import annotations

from pathlib import Path

from connectors.sandbox.journal import Journal


def test_lines_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append([{"a": 1}, {"a": 2}])
    journal.close()
    again = Journal(tmp_path / "j.jsonl")
    assert list(again.lines()) == [{"a": 1}, {"a": 2}]
    again.close()


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":')
    journal = Journal(path)
    journal.append([{"a": 3}])
    assert list(journal.lines()) == [{"a": 1}, {"a": 3}]
    journal.close()


def test_replace_puts_other_lines_in_place_and_appends_go_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    journal.append([{"a": 1}, {"a": 2}])
    journal.replace([{"a": 9}])
    journal.append([{"a": 10}])
    assert list(journal.lines()) == [{"a": 9}, {"a": 10}]
    journal.close()
