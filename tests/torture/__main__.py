"""Runs the proof: `python -m tests.torture`, or a part of it by options. Exits with 1 where a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tests.torture import report
from tests.torture.campaign import Campaign
from tests.torture.faults import STRIKES
from tests.torture.matrix import Matrix, Result
from tests.torture.platforms import TARGETS
from tests.torture.stage import Stage, staged
from tests.torture.storms import STORMS, Storm
from tests.torture.windows import WINDOWS
from tests.torture.workload import Told


def main() -> int:
    """Run what the command line asks for."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="postd-torture-") as folder:
        proof = asyncio.run(_run(arguments, Path(folder)))
    kept = proof.kept
    if arguments.write:
        proof.write()
        say(f"written: {report.RESULT.name} and {report.PAGE.name}")
    say("every promise was kept" if kept else "PROMISES WERE BROKEN")
    return 0 if kept else 1


def say(line: str) -> None:
    """Tell whoever watches."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)  # noqa: T201 -- a command's output


async def _run(arguments: argparse.Namespace, folder: Path) -> report.Proof:
    proof = report.Proof.begun()
    proof.scale = arguments.scale
    async with staged(folder) as stage:
        await stage.crew()
        say("the stage is set")
        try:
            if arguments.seconds:
                for seed in arguments.seed:
                    told = await Campaign(stage, seed, say).run(arguments.seconds)
                    proof.campaigns.append(report.Ended(f"seed {seed}, {arguments.seconds:.0f} s", told))
                    _tell(f"campaign {seed}", told)
                return proof
            proof.cells += await run_matrix(stage, arguments.cells)
            for storm in STORMS.values():
                if any(fnmatchcase(storm.key, pattern) for pattern in arguments.storms):
                    await stage.crew()
                    told = await _weather(storm, stage, arguments.scale)
                    proof.storms.append(report.Ended(storm.key, told))
                    _tell(storm.key, told)
        finally:
            if not proof.kept:
                say(stage.words())
    return proof


async def run_matrix(stage: Stage, patterns: Sequence[str]) -> list[Result]:
    """The cells whose `platform/window/fault` fits one of the patterns."""

    def wanted(name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    names = [(t, w, s) for t in TARGETS for w in WINDOWS for s in STRIKES if wanted(f"{t}/{w}/{s}")]
    matrix = Matrix(stage, say)
    for target in TARGETS.values():
        windows = [one for one in WINDOWS.values() if any((t, w) == (target.key, one.key) for t, w, _ in names)]
        await matrix.fill([target], windows)
    results: list[Result] = []
    for strike in STRIKES.values():
        if any(s == strike.key for _, _, s in names):
            results += await matrix.round(strike)
    await matrix.close()
    return results


async def _weather(storm: Storm, stage: Stage, scale: float) -> Told:
    """Run a storm; one that does not come to its end has broken its promise, and what was found before it is kept."""
    try:
        return await storm.run(stage, scale)
    except Exception as broken:  # noqa: BLE001 -- whatever it is, it stands in the result
        return Told([f"it did not come to its end: {broken!r}"], 0.0)


def _tell(name: str, told: Told) -> None:
    say(f"{name}: {'as promised' if not told.troubles else 'BROKEN'}, quiet after {told.seconds} s; {told.note}")
    for trouble in told.troubles:
        say(f"  {trouble}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--cells", nargs="*", default=["*"], help="platform/window/fault patterns; none: no matrix")
    parser.add_argument("--storms", nargs="*", default=["*"], help="names of storms; none: no storm")
    parser.add_argument("--scale", type=float, default=1.0, help="how large the storms are; 1 is the whole proof")
    parser.add_argument("--seconds", type=float, default=0.0, help="a random campaign of that length, and nothing else")
    parser.add_argument("--seed", type=int, nargs="*", default=[1], help="its seeds")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/guarantees.json and .md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
