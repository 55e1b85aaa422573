"""The jail holds programs that misbehave: each stand-in tries one thing that it must not get."""

from __future__ import annotations

import asyncio
import errno
import os
import platform
import socket
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.services.files import cell, jail

Program = Callable[[str], str]
INTERPRETER = [Path(sys.base_prefix), Path(sys.prefix)]
"""What a stand-in may read beside what every program may: it is a script of this Python."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="held on Linux; elsewhere nothing is promised")


async def run(program: str, arguments: Sequence[str] = (), **more: Any) -> bytes:
    """Run a stand-in that may read the interpreter, and what a test adds."""
    return await jail.run(program, arguments, readable=[*INTERPRETER, *more.pop("readable", ())], **more)


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
    assert await run(program("print(sys.argv[1:])"), ["a", "b c"]) == b"['a', 'b c']\n"


async def test_nothing_of_our_environment_is_seen(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTD_VAULT_KEYS", "c4n4ry")
    answer = await run(program("print(sorted(os.environ), os.getcwd())"))
    assert answer == b"['LC_ALL', 'PATH'] /\n"


async def test_one_that_hangs_is_ended_with_its_children(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
        os.fork()
        os.write(1, b"%d\\n" % os.getpid())
        while True:
            __import__("select").select([], [], [], 60)
    """
    told = _told(monkeypatch)
    running = asyncio.create_task(run(program(body)))
    pids = [await told.get(), await told.get()]
    assert [_lives(pid) for pid in pids] == [True, True]

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await asyncio.to_thread(_until_gone, pids)


def _told(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[int]:
    """The processes that tell of themselves, line by line, in place of an answer."""
    told: asyncio.Queue[int] = asyncio.Queue()

    async def listen(process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            told.put_nowait(int(line))
        return b""

    monkeypatch.setattr(jail, "_answer", listen)
    return told


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
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: asyncio.Queue[int] = asyncio.Queue()
    go_on = asyncio.Event()
    spawn = jail._spawn

    async def slowly(*arguments: Any) -> Any:
        process = await spawn(*arguments)
        assert process.stdout is not None
        started.put_nowait(int(await process.stdout.readline()))
        await go_on.wait()
        return process

    monkeypatch.setattr(jail, "_spawn", slowly)
    running = asyncio.create_task(run(program("os.write(1, b'%d\\n' % os.getpid())\nwhile True: pass")))
    pid = await started.get()
    running.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.to_thread(_until_gone, [pid])


async def test_one_that_takes_too_long_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="took too long"):
        await run(program("while True: pass"), seconds=0.5)


async def test_one_that_eats_memory_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await run(program(f"bytearray({2 * cell.MEMORY}); print('got it')"))


async def test_one_that_writes_files_fails(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "written"
    with pytest.raises(jail.JailFailed, match="failed"):
        await run(program(f"f = open({str(target)!r}, 'w'); f.write('x'); f.flush(); print('got it')"))
    assert not target.exists() or target.read_bytes() == b""


async def test_one_that_opens_many_files_fails(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await run(program(f"kept = [open('/dev/null') for _ in range({cell.FILES + 1})]; print('got it')"))


@LINUX
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
        assert await run(program(body)) == b"refused\n"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_one_that_says_too_much_is_ended(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="said too much"):
        await run(program("while True: print('x' * 65536)"))


async def test_one_that_fails_says_nothing(program: Program) -> None:
    with pytest.raises(jail.JailFailed, match="failed"):
        await run(program("print('half an answer'); sys.exit(1)"))


async def test_a_program_that_is_not_there_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(jail.NoProgram):
        await run(str(tmp_path / "none"))


@LINUX
@pytest.mark.parametrize(
    "attempt",
    [
        "os.kill(os.getppid(), 0)",
        "os.kill(os.getpid(), 0)",
        "signal.pidfd_send_signal(0, 0)",
        "os.pidfd_open(os.getppid())",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
        "fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
        "call('ptrace', 16, os.getppid(), 0, 0)",
        "call('process_vm_readv', os.getppid(), 0, 0, 0, 0, 0)",
        "call('process_vm_writev', os.getppid(), 0, 0, 0, 0, 0)",
        "call('pidfd_getfd', 0, 0, 0)",
        "call('tkill', os.getppid(), 0)",
        "call('tgkill', os.getppid(), os.getppid(), 0)",
        "call('rt_sigqueueinfo', os.getppid(), 0, 0)",
        "call('rt_tgsigqueueinfo', os.getppid(), os.getppid(), 0, 0)",
        "call('kcmp', os.getppid(), os.getpid(), 0, 0, 0)",
        "call('bpf', 0, 0, 0)",
        "call('perf_event_open', 0, 0, 0, 0, 0)",
        "call('userfaultfd', 0)",
        "call('unshare', 0x10000000)",
        "call('io_uring_setup', 1, 0)",
    ],
)
async def test_one_that_reaches_for_another_process_or_the_kernel_is_refused(program: Program, attempt: str) -> None:
    numbers = {name: pair[platform.machine() != "x86_64"] for name, pair in cell._FORBIDDEN.items()}
    body = f"""
        import ctypes, fcntl, resource, signal
        def call(name, *arguments):
            if ctypes.CDLL(None, use_errno=True).syscall({numbers!r}[name], *arguments) < 0:
                raise OSError(ctypes.get_errno(), name)
        try:
            {attempt}
            print("done")
        except OSError as error:
            print(error.errno)
    """
    assert await run(program(body)) == f"{errno.EACCES}\n".encode()


LANDLOCK = pytest.mark.skipif(not jail.hides_files(), reason="this kernel has no Landlock")


@LANDLOCK
@pytest.mark.parametrize("path", ["/proc/{parent}/environ", "/proc/self/environ", "/etc/passwd", "{secret}"])
async def test_one_that_reads_other_files_is_refused(
    program: Program, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTD_VAULT_KEYS", "c4n4ry")
    secret = tmp_path / "secret"
    secret.write_text("c4n4ry")
    body = f"""
        try:
            print(open({path!r}.format(parent=os.getppid(), secret={str(secret)!r}), "rb").read())
        except PermissionError:
            print("refused")
    """
    assert await run(program(body)) == b"refused\n"


@LANDLOCK
@pytest.mark.parametrize("folder", ["/", "/proc", "/etc", "{tmp}"])
async def test_one_that_lists_other_folders_is_refused(program: Program, tmp_path: Path, folder: str) -> None:
    body = f"""
        try:
            print(os.listdir({folder.format(tmp=tmp_path)!r}))
        except PermissionError:
            print("refused")
    """
    assert await run(program(body)) == b"refused\n"


@LANDLOCK
async def test_one_that_starts_another_program_of_its_own_is_refused(program: Program, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho started\n")
    other.chmod(0o755)
    body = f"""
        try:
            os.execv({str(other)!r}, ["other"])
        except PermissionError:
            print("refused")
    """
    assert await run(program(body)) == b"refused\n"


async def test_the_file_that_it_is_given_is_read(program: Program, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("a video")
    assert await run(program("print(open(sys.argv[1]).read())"), [str(given)], readable=[given]) == b"a video\n"


def _lacking(folder: Path) -> Path:
    """The cell as it is on a kernel without Landlock: it calls something that no kernel has."""
    source = Path(cell.__file__).read_text()
    changed = source.replace("_RESTRICT_SELF = 444,", "_RESTRICT_SELF = 9444,")
    assert changed != source
    path = folder / "cell.py"
    path.write_text(changed)
    return path


async def test_without_landlock_a_program_still_runs_and_is_held_by_the_rest(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell, "__file__", str(_lacking(tmp_path)))
    (tmp_path / "secret").write_text("read")
    body = f"""
        print(open({str(tmp_path / "secret")!r}).read())
        try:
            os.setsid()
        except PermissionError:
            print("refused")
    """
    answer = await run(program(body))
    assert answer == (b"read\nrefused\n" if sys.platform == "linux" else b"read\n")
