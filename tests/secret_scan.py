"""Refuses secrets in the repository: every file that git knows is read by detect-secrets.

    python -m tests.secret_scan [--accept]

`.secrets.baseline` names the detectors and the findings that a person has looked at (examples, test credentials). It
keeps neither times nor line numbers, so it changes only when a finding comes or goes. `--accept` writes it anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

PROJECT = Path(__file__).resolve().parents[1]
BASELINE = PROJECT / ".secrets.baseline"
UNREAD = {".secrets.baseline"}
UNREAD_ENDINGS = {".lock", ".png", ".jpg", ".gif", ".ico", ".mp4", ".woff2", ".zip"}

Finding = dict[str, str]


def files() -> list[str]:
    """Give every file that is or would be checked in, relative to the project."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
    return sorted(
        name
        for name in names
        if name and name not in UNREAD and Path(name).suffix not in UNREAD_ENDINGS and (PROJECT / name).is_file()
    )


def scan(settings: dict[str, Any]) -> dict[str, list[Finding]]:
    """Give what the detectors find: file -> type and hash of each finding, in a stable order."""
    found: dict[str, list[Finding]] = {}
    with transient_settings(settings):
        for name in files():
            kinds = {(secret.type, secret.secret_hash) for secret in scan_file(str(PROJECT / name))}
            if kinds:
                found[name] = [{"type": kind, "hashed_secret": digest} for kind, digest in sorted(kinds)]
    return found


def main() -> int:
    """Compare the findings with the accepted ones; the exit status is 1 where there is a new one."""
    parser = argparse.ArgumentParser(prog="python -m tests.secret_scan")
    parser.add_argument("--accept", action="store_true", help="write the findings of now into the baseline")
    baseline = json.loads(BASELINE.read_text())
    settings = {key: baseline[key] for key in ("plugins_used", "filters_used")}
    found = scan(settings)
    if parser.parse_args().accept:
        BASELINE.write_text(json.dumps(settings | {"results": found}, indent=2) + "\n")
        sys.stdout.write(f"{BASELINE.name}: {sum(map(len, found.values()))} findings accepted\n")
        return 0
    new = [
        (name, item["type"])
        for name, items in found.items()
        for item in items
        if item not in baseline["results"].get(name, [])
    ]
    for name, kind in new:
        sys.stderr.write(f"{name}: {kind}\n")
    if new:
        sys.stderr.write("These look like secrets. Take them out; if they are examples, run `make secrets`.\n")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
