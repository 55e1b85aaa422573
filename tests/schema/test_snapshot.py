"""The schema that is checked in is the code's, and the code breaks no client of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from resolvers import snapshot

HINT = "run `python -m resolvers.snapshot --write` and look at the difference"
OLD = "type Query {\n  kept: String\n  gone: String\n}\n"
NEW = "type Query {\n  kept: String\n}\n"


def test_the_code_breaks_no_client_of_the_schema_that_is_checked_in() -> None:
    assert snapshot.breaking(snapshot.FILE.read_text("utf-8"), snapshot.current()) == []


def test_the_schema_that_is_checked_in_is_the_codes() -> None:
    assert snapshot.FILE.read_text("utf-8") == snapshot.current(), HINT


def test_a_field_that_is_gone_breaks_clients() -> None:
    assert snapshot.breaking(OLD, NEW) == ["Field Query.gone was removed."]
    assert snapshot.breaking(NEW, OLD) == []


def test_a_breaking_schema_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(OLD)
    monkeypatch.setattr(snapshot, "FILE", file)
    monkeypatch.setattr(snapshot, "current", lambda: NEW)
    assert snapshot.main(["--write"]) == 1
    assert file.read_text() == OLD
    assert snapshot.main(["--write", "--break"]) == 0
    assert file.read_text() == NEW


def test_a_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(NEW)
    monkeypatch.setattr(snapshot, "FILE", file)
    monkeypatch.setattr(snapshot, "current", lambda: OLD)
    assert snapshot.main([]) == 1
    assert "--write" in capsys.readouterr().out
