from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.s3 import install
from tests.s3.install import LOCK, NotInstalled, installed


def test_what_is_installed_is_found_without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = installed()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("pip was asked again")

    monkeypatch.setattr(subprocess, "run", never)
    assert installed() == folder
    assert (folder / "moto" / "s3" / "responses.py").is_file()


def test_what_cannot_be_installed_is_told_and_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("this is no requirement\n")
    with pytest.raises(NotInstalled, match=r"could not be installed. pip says:\n(.|\n)*this is no requirement"):
        installed(tmp_path / "tools", lock)
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["s3.lock"]

    def refuse() -> Path:
        raise NotInstalled("no network")

    monkeypatch.setattr(install, "installed", refuse)
    assert (install.main(), capsys.readouterr().err) == (1, "no network\n")


def test_the_lock_file_names_packages_with_hashes_and_no_place_to_get_them_from() -> None:
    lines = [line.strip() for line in LOCK.read_text().splitlines() if line.strip()]
    assert [line for line in lines if line.startswith("-") and not line.startswith("--hash=sha256:")] == []
    assert [line for line in lines if "://" in line] == []
    assert any(line.startswith("moto==") for line in lines)
