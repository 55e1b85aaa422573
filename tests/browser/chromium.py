"""Finds the Chromium that the page tests drive, and installs Debian's where that is allowed.

    python -m tests.browser.chromium --ensure

Exits 0 and prints where the browser is, or exits 1 and prints the one command that brings it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium")

ARGUMENTS = (
    "--no-sandbox",  # tests also run as root
    # A browser that calls home first answers late, above all where nothing of that is to be reached.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--disable-gpu",
)
"""How the browser is started in every test."""


def candidates() -> Iterator[str]:
    """Give the browsers that may be here: the one that CHROMIUM names first."""
    if named := os.environ.get("CHROMIUM"):
        yield named
    yield from (found for name in NAMES if (found := shutil.which(name)))
    yield from (place for place in PLACES if Path(place).exists())


def runs(browser: str) -> bool:
    """Whether the program starts; Ubuntu's package without snap is a script that only complains."""
    try:
        answer = subprocess.run([browser, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def find() -> str | None:
    """Give the path of a browser that starts, or None."""
    return next((browser for browser in candidates() if runs(browser)), None)


def root_prefix() -> tuple[str, ...] | None:
    """Give what to put before a command that needs root, or None where root cannot be had without asking."""
    if os.geteuid() == 0:
        return ()
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ("sudo", "-n")
    return None


def install() -> bool:
    """Install Debian's chromium where apt-get and root are at hand; whether that worked."""
    prefix = root_prefix()
    if shutil.which("apt-get") is None or prefix is None:
        return False
    sys.stdout.write("Installing Chromium for the page tests (apt-get, about 110 MB)\n")
    sys.stdout.flush()
    for command in (("apt-get", "update"), INSTALL):
        result = subprocess.run(
            [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
    return result.returncode == 0


def advice() -> str:
    """Give the one command that brings a browser on this machine."""
    if sys.platform == "darwin":
        return "brew install --cask chromium"
    if shutil.which("apt-get"):
        return f"sudo {' '.join(INSTALL)}"
    return "CHROMIUM=path/to/chromium make test"


def main() -> int:
    """Find the browser, with --ensure install it where it is missing; the exit status is 1 where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.chromium")
    parser.add_argument("--ensure", action="store_true", help="install it where it is missing")
    ensure = parser.parse_args().ensure
    browser = find() or ((install() and find()) or None if ensure else None)
    if browser is None:
        sys.stderr.write(f"The page tests need Chromium, and none was found. Run: {advice()}\n")
        return 1
    sys.stdout.write(f"Chromium for the page tests: {browser}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
