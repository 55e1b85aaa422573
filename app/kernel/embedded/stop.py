"""Stops the embedded servers of every data folder at or below the given ones, and waits until they are gone.

    python -m app.kernel.embedded.stop .postd

It asks by a file that the keeper looks for, never by a pid: a number may belong to another process by now.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.kernel.embedded.faults import EmbeddedError
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.locks import is_held

PATIENCE: Final = 60.0
"""Seconds that a keeper has to end both servers."""

log = logging.getLogger("postd.embedded")


def stop(data: Path) -> bool:
    """Stop the servers of one data folder; False if none ran. Raises EmbeddedError if they do not end."""
    folder = Folder(data.resolve())
    if not folder.keeper_lock.exists() or not is_held(folder, folder.keeper_lock):
        return False
    deadline = time.monotonic() + PATIENCE
    while is_held(folder, folder.keeper_lock):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The servers in {folder.root} do not end; {folder.log('keeper')} says what they do.")
        folder.stop_request.touch()  # each time: a keeper that just starts removes an old request
        time.sleep(0.05)
    folder.stop_request.unlink(missing_ok=True)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Stop the servers under every folder named; the exit status is 1 where some do not end."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description="Stop the embedded servers.")
    parser.add_argument("data", type=Path, nargs="*", default=[Path(".postd")], help="data folders")
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        for root in parser.parse_args(arguments).data:
            for lock in sorted(root.glob("**/keeper.lock")):
                if stop(lock.parent):
                    log.info("Stopped the servers in %s", lock.parent)
    except (EmbeddedError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400 -- the message is written for a person
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
