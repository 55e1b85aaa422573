from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.browser import chromium


def test_a_browser_is_found() -> None:
    browser = chromium.find()
    assert browser is not None
    assert Path(browser).exists()


def test_the_named_browser_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert chromium.find() == sys.executable


def test_a_program_that_does_not_start_is_no_browser(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert not chromium.runs(str(broken))
    assert not chromium.runs(str(tmp_path / "missing"))
