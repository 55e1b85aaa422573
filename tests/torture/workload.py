"""A workload for storms and campaigns: posts on accounts of every platform, and what must be true of all in the end."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from connectors.capabilities import ReconcileClass
from tests.processes.reader import Reader
from tests.processes.workspace import Workspace
from tests.torture.checker import QUIET, Mark, effects_by_mark, judge, tenant_troubles
from tests.torture.follower import Follower
from tests.torture.pictures import picture
from tests.torture.platforms import Place, Target, connect
from tests.torture.stage import Stage
from tests.torture.windows import Outcome


@dataclass(slots=True)
class Desk:
    """One workspace with its accounts."""

    workspace: Workspace
    follower: Follower
    places: Sequence[Place]
    media: UUID | None


@dataclass(slots=True)
class Workload:
    """All posts of one storm or campaign."""

    stage: Stage
    desks: list[Desk] = field(default_factory=list)
    marks: dict[Mark, tuple[Desk, Place, UUID]] = field(default_factory=dict)
    """Each job by what names it in the ledger."""

    async def open(self, targets: Sequence[Target], accounts: int = 1) -> Desk:
        """A workspace with so many accounts on each of these platforms."""
        tenant, follower = await Follower.of_a_new_tenant(self.stage)
        workspace = Workspace(self.stage.rt, self.stage.platforms, tenant, Reader(self.stage.rt, tenant))
        places = [await connect(workspace, target) for target in targets for _ in range(accounts)]
        media = await picture(workspace) if any(target.picture for target in targets) else None
        desk = Desk(workspace, follower, places, media)
        self.desks.append(desk)
        return desk

    async def post(self, desk: Desk, places: Sequence[Place], wait: float = 0) -> Sequence[UUID]:
        """Schedule one post on some accounts of a workspace; gives its jobs."""
        word = f"w{secrets.token_hex(8)}"
        media = desk.media if any(place.target.picture for place in places) else None
        accounts = [place.account for place in places]
        jobs = await desk.workspace.schedule([f"Stormed {word}"], accounts, wait=wait, media=media)
        by_connection = {place.account.connection: place for place in places}
        for job in jobs:
            place = by_connection[desk.workspace.wanted[job][0].connection]
            self.marks[word, place.account.handle] = (desk, place, job)
        return jobs

    async def everywhere(self, times: int, wait: float = 0) -> None:
        """Schedule so many posts on each account."""
        for _ in range(times):
            for desk in self.desks:
                for place in desk.places:
                    await self.post(desk, [place], wait)

    async def count(self) -> Counter[str]:
        """How many jobs are in each state."""
        states: Counter[str] = Counter()
        for desk in self.desks:
            states.update(row.state.value for row in await desk.workspace.jobs())
        return states

    async def published(self, count: int, within: float = 120) -> None:
        """Return once so many are out."""
        async with asyncio.timeout(within):
            while (await self.count())["published"] < count:  # noqa: ASYNC110 -- looks from outside
                await asyncio.sleep(0.1)

    async def quiet(self, within: float = 240) -> float:
        """Return once every job is at its end, or the time is up; gives the seconds that it took."""
        began = time.monotonic()
        names = {state.value for state in QUIET}
        while time.monotonic() - began < within:
            if not {state for state, number in (await self.count()).items() if number} - names:
                break
            await asyncio.sleep(0.25)
        return time.monotonic() - began

    async def troubles(self, *, waiting: bool = False) -> list[str]:
        """Everything that is not as promised. `waiting`: jobs may still wait for their turn."""
        effects = await effects_by_mark(self.stage.platforms.ask, list(self.marks))
        found: list[str] = []
        for desk in self.desks:
            jobs = {row.id: row for row in await desk.workspace.jobs()}
            for mark, (whose, place, key) in self.marks.items():
                if whose is not desk or (waiting and jobs[key].state not in QUIET):
                    continue
                verdict = judge(jobs[key], effects[mark])
                human = place.target.strength is ReconcileClass.HUMAN
                if verdict.outcome not in ({Outcome.ONCE, Outcome.PERSON} if human else {Outcome.ONCE}):
                    found.append(f"{place.target.key} {key}: {verdict.outcome} {verdict.why}")
            found += await tenant_troubles(self.stage.rt, desk.workspace.tenant)
            seen = await desk.follower.check() if not waiting else None
            found += [seen] if seen else []
        return found

    async def close(self) -> None:
        """Nobody follows any more."""
        await asyncio.gather(*(desk.follower.stop() for desk in self.desks))


@dataclass(frozen=True, slots=True)
class Told:
    """How a storm ended."""

    troubles: list[str]
    seconds: float
    """From its end until all was quiet."""
    note: str = ""


async def weathered(load: Workload, note: str = "") -> Told:
    """The end of a storm: wait until all is quiet, and check it."""
    seconds = await load.quiet()
    troubles = await load.troubles()
    await load.close()
    return Told(troubles, round(seconds, 1), note)
