"""A worker that was told to end ends, whatever becomes of its handler."""

from __future__ import annotations

import subprocess
import sys

from workers.signals import UNENDING

PROGRAM = """
import os, signal, sys, time
from workers.signals import hear_once

heard = []

def handler(number, frame):
    heard.append(number)
    if "fails" in sys.argv:
        raise OSError("the parent is gone")

signal.signal(signal.SIGTERM, handler)
hear_once(signal.SIGTERM, within=float(sys.argv[1]))
for _ in range(2):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except OSError:
        pass
print(len(heard), flush=True)
if "fails" in sys.argv:
    while True:
        time.sleep(1)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_signal_reaches_its_handler_once() -> None:
    done = run("60")
    assert (done.returncode, done.stdout) == (0, "1\n")


def test_a_process_whose_handler_fails_ends_all_the_same() -> None:
    done = run("0.2", "fails")
    assert (done.returncode, done.stdout) == (UNENDING, "1\n")
