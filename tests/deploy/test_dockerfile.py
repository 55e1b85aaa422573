from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
LINES = (PROJECT / "deploy" / "Dockerfile").read_text().splitlines()


def test_the_image_runs_as_an_ordinary_user() -> None:
    assert [line for line in LINES if line.startswith("USER ")] == ["USER 10001:10001"]


def test_the_image_installs_only_what_the_lock_file_vouches_for() -> None:
    text = "\n".join(LINES)
    assert text.count("pip install") == 1
    assert "--require-hashes --only-binary :all: --requirement requirements.lock" in text


def test_every_package_of_the_project_is_in_the_image_and_reaches_the_build() -> None:
    packages = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"COPY {name} {name}" for name in packages} <= set(LINES)
    assert {f"!{name}" for name in packages} <= set((PROJECT / ".dockerignore").read_text().splitlines())


def test_the_image_tells_its_health() -> None:
    assert any(line.startswith("HEALTHCHECK ") for line in LINES)


def test_the_command_of_the_image_is_the_command_of_the_project() -> None:
    module, function = PYPROJECT["project"]["scripts"]["postd"].split(":")
    assert any(f"'from {module} import {function}' '{function}()'" in line for line in LINES)
