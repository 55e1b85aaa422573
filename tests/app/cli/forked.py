"""Run `postd` many times without the time of its imports: one process makes them, and each call is a fork of it.

Each call has an interpreter, an environment, a folder and an exit status of its own, as when an operator calls it. The
process reads one order a line, as JSON, and answers with the exit status.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(slots=True)
class Forked:
    """The process that has made the imports."""

    process: subprocess.Popen[str]
    scratch: Path

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """Call `postd` and wait for its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        out, err = self.scratch / "out", self.scratch / "err"
        order = {"argv": ["postd", *arguments], "env": dict(environment), "cwd": str(folder)}
        self.process.stdin.write(json.dumps({**order, "out": str(out), "err": str(err)}) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        return subprocess.CompletedProcess(["postd", *arguments], status, out.read_text(), err.read_text())


@contextmanager
def forked(scratch: Path) -> Iterator[Forked]:
    """Give the process; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.app.cli.forked"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Forked(process, scratch)
        assert process.stdin is not None
        process.stdin.close()


def serve() -> None:
    """Take orders until there are no more; a fork leaves by the end of its command."""
    from app.cli.main import main  # noqa: PLC0415 -- the parent, which imports this module, does without it

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
            main()
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 -- the answer


def become(order: Mapping[str, str]) -> None:
    """Be the process that was ordered."""
    with open(os.devnull) as nothing, open(order["out"], "w") as out, open(order["err"], "w") as err:  # noqa: PTH123 -- descriptors are wanted
        streams: tuple[IO[str], ...] = (nothing, out, err)
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[arg-type]  # a mapping within the JSON
    sys.argv[:] = order["argv"]


if __name__ == "__main__":
    serve()
