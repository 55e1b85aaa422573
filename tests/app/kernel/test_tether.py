from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.kernel.tether import ORPHANED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
PROJECT = Path(__file__).resolve().parents[3]

FAMILY = """
import multiprocessing, os, sys, time
from app.kernel import tether

def child():
    {before}
    tether.end_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(120)

if __name__ == "__main__":
    multiprocessing.get_context("{method}").Process(target=child).start()
    print("started", flush=True)
    time.sleep(120)
"""


def family(folder: Path, method: str, before: str = "") -> subprocess.Popen[str]:
    """A process with a child that is tethered to it."""
    script = folder / "family.py"
    script.write_text(FAMILY.format(method=method, before=before))
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(PROJECT)}
    )


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return sorted(process.stdout.readline().strip() for _ in range(count))


def gone(process: psutil.Process) -> bool:
    """Wait until a process has ended; a zombie has."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, method: str) -> None:
    with family(tmp_path, method) as parent:
        number, _ = lines(parent, 2)
        child = psutil.Process(int(number))
        parent.kill()
        assert gone(child)


def test_a_child_whose_parent_died_before_it_could_ask_ends_at_once(tmp_path: Path) -> None:
    # The child waits until it has another parent, as one does that was slow to start.
    late = "parent = os.getppid()\n    while os.getppid() == parent: time.sleep(0.01)"
    with family(tmp_path, "fork", late) as parent:
        assert lines(parent, 1) == ["started"]
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        assert gone(child)
        assert parent.stdout is not None
        assert parent.stdout.read() == ""  # it came no further than its question


def test_a_process_that_was_not_made_by_multiprocessing_is_left_alone(tmp_path: Path) -> None:
    script = "import os, sys; from app.kernel import tether; tether.end_with_parent(); print('goes on', flush=True)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "goes on\n"


def test_a_program_that_is_started_by_a_dead_process_does_not_run() -> None:
    script = """
import os
from app.kernel import tether
ask = tether.dies_with_parent()
os.getppid = lambda: 1
ask()
print("goes on", flush=True)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (ORPHANED, "")
