"""Checks the types of the planner's modules: `python -m tests.typescript.check`, or `make check`.

Exits 0 and says how many files were looked at, or exits 1 and prints what TypeScript found, by file and line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from app.http.assets import FOLDER
from tests.typescript.install import HERE, NODE, NotInstalled, installed

PLANNER = FOLDER / "planner"


def check(folder: Path = PLANNER) -> tuple[bool, str]:
    """Check every module under a folder; whether all is well, and what TypeScript said.

    Raises:
        NotInstalled: the checker is missing and could not be installed.
    """
    packages = installed() / "node_modules"
    with tempfile.TemporaryDirectory() as made:
        project = Path(made, "tsconfig.json")
        options = {"paths": {"*": [f"{packages}/*"]}}
        modules = [str(path) for path in sorted(folder.rglob("*")) if path.name.endswith((".js", ".d.ts"))]
        settings = {"extends": str(HERE / "tsconfig.json"), "compilerOptions": options, "files": modules}
        project.write_text(json.dumps(settings))
        command: list[str | Path] = [
            NODE,
            packages / "typescript" / "bin" / "tsc",
            "--project",
            project,
            "--pretty",
            "false",
        ]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return answer.returncode == 0, answer.stdout.strip() or f"{len(modules)} modules, no errors"


def main() -> int:
    """Check the planner; the exit status is 1 where something is wrong."""
    try:
        well, said = check()
    except NotInstalled as trouble:
        well, said = False, str(trouble)
    sys.stdout.write(f"{said}\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
