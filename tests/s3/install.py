"""Installs the S3 server of the tests from its lock file, once; later calls find it.

    python -m tests.s3.install

Exits 0 and prints where it is, or exits 1 and prints what pip said.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).with_name("requirements.lock")
TOOLS = PROJECT / ".postd" / "tools"


class NotInstalled(RuntimeError):
    """The server's packages could not be installed; the message has pip's reason and what to do."""


def installed(tools: Path = TOOLS, lock: Path = LOCK) -> Path:
    """The folder with the server's packages, for this Python and this lock file. Half an installation is never seen.

    Raises:
        NotInstalled: pip failed.
    """
    version = f"{sys.implementation.cache_tag}-{sys.platform}"
    folder = tools / f"s3-{version}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / "s3.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two runs at once install it once
        if not folder.is_dir():
            sys.stdout.write("Installing the S3 server of the tests (pip, about 80 MB; some seconds, once)\n")
            sys.stdout.flush()
            _install(lock, folder)
    return folder


def _install(lock: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as made:
        options = ["--quiet", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
        what = [
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--target",
            f"{made}/packages",
            "--requirement",
            str(lock),
        ]
        command = [sys.executable, "-m", "pip", "install", *options, *what]
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if answer.returncode:
            said = "\n".join(answer.stderr.strip().splitlines()[-5:])
            raise NotInstalled(
                f"The S3 server of the tests could not be installed. pip says:\n{said}\n"
                "Nothing else was changed. Check the network, then run: python -m tests.s3.install"
            )
        for old in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            shutil.rmtree(old, ignore_errors=True)
        Path(made, "packages").replace(folder)


def main() -> int:
    """Install it where it is missing; the exit status is 1 where that failed."""
    try:
        folder = installed()
    except NotInstalled as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    sys.stdout.write(f"S3 server for the tests of media: {folder.relative_to(PROJECT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
