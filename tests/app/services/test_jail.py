"""The jail holds programs that misbehave: each stand-in tries one thing that it must not get."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.services import cell, jail

Program = Callable[[str], str]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Give a maker of stand-in programs; the argument is what they do."""

    def make(body: str) -> str:
        path = tmp_path / "stand-in"
        path.write_text(f"#!{sys.executable} -S\nimport os, sys\n{textwrap.dedent(body)}\n")
        path.chmod(0o755)
        return str(path)

    return make


async def test_an_answer_comes_back_with_the_arguments_given(program: Program) -> None:
    assert await jail.run(program("print(sys.argv[1:])"), ["a", "b c"]) == b"['a', 'b c']\n"


async def test_nothing_of_our_environment_is_seen(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_VAULT_KEYS", "c4n4ry")
    answer = await jail.run(program("print(sorted(os.environ), os.getcwd())"), [])
    assert answer == b"['LC_ALL', 'PATH'] /\n"


async def test_one_that_hangs_is_ended_with_its_children(program: Program, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pids")
    body = f"""
        os.fork()
        out = os.open({str(tmp_path / "pids")!r}, os.O_WRONLY)
        os.write(out, b"%d " % os.getpid())
        os.close(out)
        while True:
            __import__("select").select([], [], [], 60)
    """
    run = asyncio.create_task(jail.run(program(body), []))
    pids = await asyncio.to_thread(_two, tmp_path / "pids")
    assert [_lives(pid) for pid in pids] == [True, True]

    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    await asyncio.to_thread(_until_gone, pids)


def _two(fifo: Path) -> list[int]:
    """The processes that tell of themselves, once there are two."""
    with os.fdopen(os.open(fifo, os.O_RDWR), "rb", buffering=0) as held:  # open for both: nobody finds it closed
        told = b""
        while told.count(b" ") < 2:
            told += held.read(40)
    return [int(word) for word in told.split()]


def _lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _until_gone(pids: list[int]) -> None:
    while any(map(_lives, pids)):
        os.sched_yield()


async def test_one_that_is_cancelled_as_it_starts_is_ended_too(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()
    spawn = jail._spawn

    async def slowly(*arguments: Any) -> Any:
        process = await spawn(*arguments)
        started.set()
        await go_on.wait()
        return process

    monkeypatch.setattr(jail, "_spawn", slowly)
    os.mkfifo(tmp_path / "pids")
    body = f"open({str(tmp_path / 'pids')!r}, 'wb').write(b'%d ' % os.getpid())\nwhile True: pass"
    run = asyncio.create_task(jail.run(program(body), []))
    await started.wait()
    pid = int(await asyncio.to_thread((tmp_path / "pids").read_bytes))
    run.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await run
    await asyncio.to_thread(_until_gone, [pid])


async def test_one_that_takes_too_long_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="took too long"):
        await jail.run(program("while True: pass"), [], seconds=0.5)


async def test_one_that_eats_memory_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await jail.run(program(f"bytearray({2 * cell.MEMORY}); print('got it')"), [])


async def test_one_that_writes_files_fails(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "written"
    with pytest.raises(jail.JailFailed, match="failed"):
        await jail.run(program(f"f = open({str(target)!r}, 'w'); f.write('x'); f.flush(); print('got it')"), [])
    assert not target.exists() or target.read_bytes() == b""


async def test_one_that_opens_many_files_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await jail.run(program(f"kept = [open('/dev/null') for _ in range({cell.FILES + 1})]; print('got it')"), [])


@pytest.mark.skipif(sys.platform != "linux", reason="sockets are taken away on Linux; elsewhere nothing is promised")
@pytest.mark.parametrize("call", ["socket.socket()", "socket.socket(socket.AF_UNIX)", "socket.socketpair()"])
async def test_one_that_tries_the_network_gets_no_socket(program: Program, call: str) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        body = f"""
            import socket
            try:
                made = {call}
                made.connect({server.getsockname()!r})
            except PermissionError:
                print("refused")
        """
        assert await jail.run(program(body), []) == b"refused\n"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_one_that_says_too_much_is_ended(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="said too much"):
        await jail.run(program("while True: print('x' * 65536)"), [])


async def test_one_that_fails_says_nothing(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await jail.run(program("print('half an answer'); sys.exit(1)"), [])


async def test_a_program_that_is_not_there_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(jail.NoProgram):
        await jail.run(str(tmp_path / "none"), [])
