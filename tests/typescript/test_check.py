from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from app.http import planner
from tests.typescript import install
from tests.typescript.check import PLANNER, check
from tests.typescript.install import HERE, NotInstalled, installed

PACKAGES = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]


def test_the_planner_has_no_type_errors() -> None:
    modules = [path for path in PLANNER.rglob("*") if path.name.endswith((".js", ".d.ts"))]
    assert check() == (True, f"{len(modules)} modules, no errors")


def test_a_type_error_in_a_module_is_found_by_its_line(tmp_path: Path) -> None:
    folder = shutil.copytree(PLANNER, tmp_path / "planner")
    wrong = '/** A wrong import, and a wrong call. */\n\nimport { addDays } from "./calendar.js";\n\naddDays(7, 1);\n'
    (folder / "wrong.js").write_text(wrong)
    well, said = check(folder)
    assert not well
    assert said == (
        "wrong.js(5,9): error TS2345: Argument of type 'number' is not assignable to parameter of type 'string'."
    )


def test_the_lock_file_has_a_hash_for_every_package_and_no_address() -> None:
    locked = {name: each for name, each in PACKAGES.items() if name}
    assert len(locked) == 5
    assert [name for name, each in locked.items() if not each["integrity"].startswith("sha512-")] == []
    assert [name for name, each in locked.items() if "resolved" in each] == []


def test_the_types_are_those_of_the_vendored_releases() -> None:
    vendored = {re.sub(r"-[\d.]+$", "", file.split("/")[1]): file.split("/")[1] for file in planner.VENDORED.values()}
    locked = {name.removeprefix("node_modules/"): each["version"] for name, each in PACKAGES.items() if name}
    del locked["typescript"]
    assert {f"{name.removeprefix('@').replace('/', '-')}-{version}" for name, version in locked.items()} == set(
        vendored.values()
    )


def test_what_is_installed_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = installed()
    monkeypatch.setattr(install, "NPM", Path("nowhere"))
    assert installed() == folder


def test_a_failed_installation_leaves_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "package.json").write_text("{}")
    (source / "package-lock.json").write_text("no lock")
    with pytest.raises(NotInstalled, match=r"Check the network, then run: python -m tests\.typescript\.install"):
        installed(tmp_path / "tools", source)
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["typescript.lock"]
