from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from app.boot.group import Child, stop_all

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
PROJECT = str(Path(__file__).resolve().parents[3])


def gone(pid: int) -> bool:
    """Wait until a process has ended; a zombie has."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_child_is_started_and_ended() -> None:
    child = Child("sleeper", SLEEPER)
    child.start()
    assert child.running()

    stop_all([child])

    assert not child.running()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGTERM


def test_output_goes_to_the_log(tmp_path: Path) -> None:
    child = Child("speaker", [sys.executable, "-c", "print('hello')"], log=tmp_path / "speaker.log")
    child.start()
    child.wait(10)

    assert (tmp_path / "speaker.log").read_text() == "hello\n"


def test_the_environment_reaches_the_child(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; print(os.environ['WORD'])"]
    child = Child("reader", command, {"WORD": "given"}, log=tmp_path / "reader.log")
    child.start()
    child.wait(10)

    assert (tmp_path / "reader.log").read_text() == "given\n"


GROUP = """
import sys
from app.boot.group import Child, run_group
children = [Child("one", {one!r}), Child("two", {two!r})]
print("started", flush=True)
sys.exit(run_group(children))
"""


def group(one: list[str], two: list[str]) -> subprocess.Popen[str]:
    script = GROUP.format(one=one, two=two)
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": PROJECT},
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    return process


def children_of(process: subprocess.Popen[str], count: int) -> list[psutil.Process]:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = psutil.Process(process.pid).children()
        if len(found) == count:
            return found
        time.sleep(0.02)
    raise AssertionError("the children did not start")


def test_when_one_ends_all_end() -> None:
    process = group(SLEEPER, [sys.executable, "-c", "pass"])

    assert process.wait(20) == 1


def test_a_signal_ends_the_group_well() -> None:
    process = group(SLEEPER, SLEEPER)
    children = children_of(process, 2)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    assert all(gone(child.pid) for child in children)


def test_killing_the_group_leaves_no_orphan() -> None:
    process = group(SLEEPER, SLEEPER)
    children = children_of(process, 2)

    process.kill()
    process.wait()

    assert all(gone(child.pid) for child in children)
