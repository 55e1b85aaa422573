from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.doctor_videos import of_videos
from app.kernel.settings import Settings
from app.services.files import jail


def program(folder: Path, body: str) -> Settings:
    """Settings that name a stand-in for ffprobe."""
    path = folder / "ffprobe"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return Settings(ffprobe=str(path))


async def test_one_that_runs_confined_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "hides_files", lambda: True)
    found = await of_videos(program(tmp_path, "exit 0"))
    assert (found.ok, found.evidence) == (True, f"looked into by {tmp_path}/ffprobe")


async def test_it_is_said_where_the_kernel_does_not_hide_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jail, "hides_files", lambda: False)
    found = await of_videos(program(tmp_path, "exit 0"))
    assert found.ok
    assert "this kernel has no Landlock" in found.evidence


async def test_one_that_cannot_run_confined_fails_with_a_remedy(tmp_path: Path) -> None:
    found = await of_videos(program(tmp_path, "exit 127"))
    assert (found.ok, found.evidence) == (False, f"{tmp_path}/ffprobe failed when it is run confined")
    assert "POSTD_FFPROBE" in found.remedy


async def test_without_one_our_own_reader_is_named() -> None:
    found = await of_videos(Settings(ffprobe=""))
    assert found.ok
    assert found.evidence.startswith("looked into by our own reader")
