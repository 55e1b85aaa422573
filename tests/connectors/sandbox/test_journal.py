"""The append-only file."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

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


@given(st.lists(st.dictionaries(st.text(), st.text())), st.data())
def test_wherever_the_file_is_cut_the_lines_before_are_kept(lines: list[dict[str, str]], data: st.DataObject) -> None:
    whole = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    cut = data.draw(st.integers(0, len(whole)))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "j.jsonl"
        path.write_bytes(whole[:cut])
        journal = Journal(path)
        assert list(journal.lines()) == lines[: whole[:cut].count(b"\n")]
        journal.close()
