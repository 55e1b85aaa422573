"""Runs the proof: `python -m tests.torture`, or a part of it by options. Exits with 1 where a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from fnmatch import fnmatchcase
from pathlib import Path

from tests.torture.faults import STRIKES
from tests.torture.matrix import Matrix, Result
from tests.torture.platforms import TARGETS
from tests.torture.stage import staged
from tests.torture.windows import WINDOWS


def say(line: str) -> None:
    """Tell whoever watches."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)  # noqa: T201 -- a command's output


async def run_matrix(patterns: list[str]) -> list[Result]:
    def wanted(name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    with tempfile.TemporaryDirectory(prefix="postd-torture-") as folder:
        async with staged(Path(folder)) as stage:
            await stage.crew()
            say("the stage is set")
            matrix = Matrix(stage, say)
            results: list[Result] = []
            for target in TARGETS.values():
                windows = [w for w in WINDOWS.values() if any(wanted(f"{target.key}/{w.key}/{s}") for s in STRIKES)]
                await matrix.fill([target], windows)
            try:
                for strike in STRIKES.values():
                    if any(wanted(f"{t}/{w}/{strike.key}") for t in TARGETS for w in WINDOWS):
                        results += await matrix.round(strike)
            finally:
                for part in stage.parts:
                    Path("/tmp/w/tlogs").mkdir(exist_ok=True)
                    (Path("/tmp/w/tlogs") / part.log.name).write_bytes(part.log.read_bytes())
            return results

a = argparse.ArgumentParser()
a.add_argument("--cells", nargs="*", default=["*/*/*"])
ns = a.parse_args()
res = asyncio.run(run_matrix(ns.cells))
import collections
print(collections.Counter((r.outcome, r.kept) for r in res))
