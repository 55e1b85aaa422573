"""The matrix: every platform in every window at once, then one fault for all of them; a round a fault.

The posts of a round stand still in their windows, each in a workspace of its own, in the hands of one worker group.
So the fault meets all of them at the same moment, and the whole matrix takes as many rounds as there are faults.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.domain.jobs.model import Job
from tests.torture.cell import Cell, all_of
from tests.torture.checker import QUIET, effects_by_mark, judge, tenant_troubles
from tests.torture.faults import Strike
from tests.torture.platforms import Target
from tests.torture.stage import Stage
from tests.torture.windows import First, Outcome, Window, not_applicable, promised

SETTLED_WITHIN = 120.0
"""Seconds in which every job has to come to an end."""
DUE_IN = 2.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one cell."""

    target: str
    window: str
    strike: str
    outcome: Outcome | None
    """None: the cell does not exist, `why` says the reason."""
    why: str
    kept: bool
    """Whether it is what was promised."""
    seconds: float
    """From the fault until the job was at its end."""
    tries: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """For the result file."""
        return asdict(self)


@dataclass(slots=True)
class Matrix:
    """The cells of some targets and windows, used again in each round."""

    stage: Stage
    say: Say
    cells: list[Cell] = field(default_factory=list)
    empty: list[tuple[Target, Window, str]] = field(default_factory=list)

    async def fill(self, targets: Sequence[Target], windows: Sequence[Window]) -> None:
        """Connect an account for each cell that exists."""
        made: list[tuple[Target, Window]] = []
        for target in targets:
            for window in windows:
                why = not_applicable(target, window)
                if why is None:
                    made.append((target, window))
                else:
                    self.empty.append((target, window, why))
        gate = asyncio.Semaphore(4)

        async def one(target: Target, window: Window) -> Cell:
            async with gate:
                return await Cell.make(self.stage, target, window)

        self.cells += await asyncio.gather(*(one(target, window) for target, window in made))
        self.say(f"{len(self.cells)} cells are connected, {len(self.empty)} do not exist")

    async def round(self, strike: Strike) -> list[Result]:
        """Bring every cell to its window, strike, and judge each when all is quiet."""
        await self.stage.crew()
        troubles = await self._stand()
        began = time.monotonic()
        late = [cell for cell in self.cells if cell.window.late]
        held = [cell for cell in self.cells if not cell.window.late]
        ends: dict[str, float] = {}

        async def release() -> None:
            await asyncio.gather(*(cell.let_go() for cell in held))

        async with strike.strike(self.stage, release):
            await asyncio.gather(*(cell.follower.reconnect() for cell in self.cells))
            await self._settle(began, ends)
            await asyncio.gather(*(cell.let_go() for cell in late))
        await self._settle(began, ends)
        results = await self._judged(strike, troubles, ends)
        kept = sum(result.kept for result in results)
        self.say(f"{strike.key}: {kept} of {len(results)} cells as promised, {time.monotonic() - began:.0f} s")
        return [*results, *(_missing(target, window, strike, why) for target, window, why in self.empty)]

    async def close(self) -> None:
        """Nobody follows any more."""
        await asyncio.gather(*(cell.follower.stop() for cell in self.cells))

    async def _stand(self) -> dict[str, str]:
        """Bring the cells to their windows; gives why one did not get there."""
        # Those that have to lose an answer first need the longest.
        first = [cell for cell in self.cells if cell.window.first is First.LOSE]
        rest = [cell for cell in self.cells if cell.window.first is not First.LOSE]
        found: list[str] = []
        for group in (first, rest):
            found += await all_of(group, lambda cell: cell.schedule(DUE_IN))
            found += await all_of(group, Cell.reached, at_once=len(self.cells) or 1)
        for trouble in found:
            self.say(f"not in its window: {trouble}")
        return {trouble.partition(": ")[0]: trouble for trouble in found}

    async def _settle(self, began: float, ends: dict[str, float]) -> None:
        """Return once every job is at its end, or the time is up."""
        until = time.monotonic() + SETTLED_WITHIN
        while time.monotonic() < until:
            waiting = False
            for cell in self.cells:
                job = await self._job(cell)
                if job is None or job.state not in QUIET:
                    waiting = True
                elif cell.name not in ends:
                    ends[cell.name] = time.monotonic() - began
            if not waiting:
                return
            await asyncio.sleep(0.25)

    async def _job(self, cell: Cell) -> Job | None:
        rows = {row.id: row for row in await cell.workspace.jobs()}
        return rows.get(cell.job) if cell.job is not None else None

    async def _judged(self, strike: Strike, missed: dict[str, str], ends: dict[str, float]) -> list[Result]:
        effects = await effects_by_mark(self.stage.platforms.ask, [cell.mark for cell in self.cells])
        results: list[Result] = []
        for cell in self.cells:
            job = await self._job(cell)
            if job is None or cell.name in missed:
                why = missed.get(cell.name, "it was not scheduled")
                results.append(_result(cell, strike, Outcome.BROKEN, f"the window was not reached: {why}", False, 0))
                continue
            verdict = judge(job, effects[cell.mark])
            broken = await tenant_troubles(self.stage.rt, cell.workspace.tenant)
            seen = await cell.follower.check()
            broken += [seen] if seen else []
            outcome, why = (Outcome.BROKEN, "; ".join(broken)) if broken else (verdict.outcome, verdict.why)
            kept = outcome in promised(cell.target, cell.window)
            tries = [
                f"{one.work}:{one.outcome}"
                for row, found in zip(cell.workspace.wanted, await cell.workspace.attempts(), strict=True)
                if row == cell.job
                for one in found
            ]
            results.append(_result(cell, strike, outcome, why, kept, ends.get(cell.name, 0), tries))
            if not kept:
                self.say(f"NOT AS PROMISED {strike.key} {cell.name}: {outcome} {why} {tries}")
        return results


def _result(
    cell: Cell, strike: Strike, outcome: Outcome, why: str, kept: bool, seconds: float, tries: Sequence[str] = ()
) -> Result:
    return Result(cell.target.key, cell.window.key, strike.key, outcome, why, kept, round(seconds, 1), tuple(tries))


def _missing(target: Target, window: Window, strike: Strike, why: str) -> Result:
    return Result(target.key, window.key, strike.key, None, why, True, 0)
