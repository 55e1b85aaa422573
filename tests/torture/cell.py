"""One cell of the matrix while it runs: a workspace with one account, brought to a window and held there."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.processes.platforms import Fault
from tests.processes.reader import Reader
from tests.processes.workspace import Workspace
from tests.torture.checker import Mark
from tests.torture.follower import Follower
from tests.torture.pictures import picture
from tests.torture.platforms import Place, Request, Target, connect
from tests.torture.proxy import Moment
from tests.torture.stage import Stage
from tests.torture.windows import PUBLISHED, At, First, Window

PATIENCE = 60.0
"""Seconds in which a window is reached."""


@dataclass(slots=True)
class Cell:
    """A post of its own, in one window of one platform."""

    stage: Stage
    target: Target
    window: Window
    workspace: Workspace
    place: Place
    follower: Follower
    media: UUID | None
    word: str = ""
    """What only this round's post says."""
    job: UUID | None = None
    faults: list[Fault] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)

    @classmethod
    async def make(cls, stage: Stage, target: Target, window: Window) -> Cell:
        """Connect an account for it, with somebody who follows the workspace."""
        tenant, follower = await Follower.of_a_new_tenant(stage)
        workspace = Workspace(stage.rt, stage.platforms, tenant, Reader(stage.rt, tenant))
        place = await connect(workspace, target)
        needed = target.picture or window.request in ("upload", "container")
        media = await picture(workspace) if needed else None
        return cls(stage, target, window, workspace, place, follower, media)

    @property
    def name(self) -> str:
        """How it is called in results."""
        return f"{self.target.key}/{self.window.key}"

    @property
    def mark(self) -> Mark:
        """What names its post in the ledger."""
        return self.word, self.place.account.handle

    async def schedule(self, wait: float) -> None:
        """Order everything that stops the post, then schedule it in `wait` seconds."""
        self.word = f"w{secrets.token_hex(8)}"
        self.faults, self.moments = [], []
        if self.window.first is First.EXPIRE:
            # The first request of the account that carries a token.
            order = {"kind": First.EXPIRE.value, "platform": self.target.server, "account": self.place.person}
            await self.stage.platforms.ask("POST", "/faults", order)
        if self.window.first is First.LOSE:
            await self._order(self.target.publish, First.LOSE.value)
        elif self.window.at is At.PLATFORM:
            await self._order(self._request(), self.window.kind)
        if self.window.at is At.WIRE:
            whose = self.word if self.place.target.key != "instagram" else self.place.external_id
            wire = self.stage.wires[self.target.server]
            self.moments.append(wire.hold(self.target.said, whose.encode()))
        (self.job,) = await self.workspace.schedule(
            [f"Tortured {self.word}"], [self.place.account], wait=wait, media=self.media
        )
        if self.window.at is At.DATABASE:
            self._hold_statement(*self.window.words)
        if self.window.at is At.REDIS:
            self._hold_statement(PUBLISHED)

    async def reached(self) -> None:
        """Return once the post stands in its window."""
        async with asyncio.timeout(PATIENCE):
            if self.window.first is First.LOSE:
                await self.faults[0].hit()
                await self._order(self.target.look, self.window.kind)
            for fault in self.faults[-1:]:
                await fault.hit()
            for moment in list(self.moments):
                await moment.reached.wait()
            if self.window.at is At.REDIS:
                announced = self.stage.redis.hold(b"PUBLISH", f"event:{self.workspace.tenant}".encode())
                self.moments[0].release()
                await announced.reached.wait()
                self.moments.append(announced)

    async def let_go(self) -> None:
        """Release what is held, as the window says."""
        for fault in self.faults:
            await fault.release("drop" if self.window.lost else "act")
        for moment in self.moments:
            moment.release(cut=self.window.lost)

    def _request(self) -> Request:
        found: Request = getattr(self.target, self.window.request)
        return found

    async def _order(self, request: Request, kind: str) -> None:
        order = {"kind": kind, "platform": self.target.server, "method": request.method, "path": request.path}
        if request.named:
            order["account"] = self.place.person
        made = await self.stage.platforms.ask("POST", "/faults", order)
        self.faults.append(Fault(self.stage.platforms, made["id"]))

    def _hold_statement(self, *words: str) -> None:
        assert self.job is not None
        # The driver sends ids as 16 raw bytes.
        self.moments.append(self.stage.database.hold(self.job.bytes, *(word.encode() for word in words)))


async def all_of(cells: list[Cell], act: Callable[[Cell], Coroutine[Any, Any, None]], at_once: int = 16) -> list[str]:
    """Do it with every cell, some at a time; gives what went wrong, by the cell's name."""
    gate = asyncio.Semaphore(at_once)

    async def one(cell: Cell) -> str | None:
        async with gate:
            try:
                await act(cell)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is told and the other cells go on
                return f"{cell.name}: {type(error).__name__}: {error}"
            return None

    return [trouble for trouble in await asyncio.gather(*map(one, cells)) if trouble is not None]
