"""Run a program over a hostile file, and be certain of what it can do: read, think a while, and write to us.

It has no network, cannot write files, has bounded memory and time, reaches no other process, and reads the files of
programs and those that it is given (`app/services/files/cell.py`). It sees none of our environment, and whatever it has
started ends with it. Other files it cannot read where the kernel has Landlock: `hides_files` tells.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.services.files import cell

SECONDS: Final = 20.0
LARGEST_ANSWER: Final = 1024 * 1024


class JailFailed(Exception):
    """The program gave no answer: it failed, took too long, or said too much. The message says which."""


class NoProgram(Exception):
    """There is no such program, or this machine cannot confine it."""


def hides_files() -> bool:
    """Whether this machine's kernel keeps every file from a program but its own and those that it is given."""
    return cell.landlock() > 0


async def run(
    program: str, arguments: Sequence[str], *, readable: Sequence[Path] = (), seconds: float = SECONDS
) -> bytes:
    """What a program says about the files that it may read: `readable`, which may be folders too.

    Raises:
        JailFailed: it said nothing that can be used.
        NoProgram: it was not started.
    """
    spawning = asyncio.ensure_future(_spawn(program, arguments, readable))
    try:
        process = await asyncio.shield(spawning)
    except asyncio.CancelledError:
        # Cancelled in between, the library ends the program and not its children.
        await _end(await spawning)
        raise
    try:
        async with asyncio.timeout(seconds):
            answer = await _answer(process)
            status = await process.wait()
    except TimeoutError:
        raise JailFailed("took too long") from None
    finally:
        await _end(process)
    if status == cell.REFUSED:
        raise NoProgram(program)
    if status != 0:
        raise JailFailed("failed")
    return answer


async def _spawn(program: str, arguments: Sequence[str], readable: Sequence[Path]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(Path(cell.__file__)),
        *(str(path.absolute()) for path in readable),
        "--",
        program,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        start_new_session=True,
    )


async def _answer(process: asyncio.subprocess.Process) -> bytes:
    answer = bytearray()
    while process.stdout is not None and (chunk := await process.stdout.read(64 * 1024)):
        answer += chunk
        if len(answer) > LARGEST_ANSWER:
            raise JailFailed("said too much")
    return bytes(answer)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole group: the program's children as well, also where the program itself has ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
