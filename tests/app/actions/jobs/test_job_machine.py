"""The rules of the state table on the real rows: two workers, people and crashes in any order.

After each step the invariants of a job hold (fence, lease, clock column, events, gate, post), and the platform's ledger
never shows one key twice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.jobs.cancel import cancel
from app.actions.jobs.checkpoint import LeaseLost
from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.hold import hold, look_at_held
from app.actions.jobs.intend import Intend, intend
from app.actions.jobs.offer import offer
from app.actions.jobs.park import miss, release_connection
from app.actions.jobs.reschedule import Reschedule, reschedule
from app.actions.jobs.rescue import rescue
from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.retry import Retry, retry
from app.actions.jobs.settle import Settlement, settle
from app.actions.jobs.settle_late import LateChoice, SettleLate, settle_late
from app.actions.jobs.watch import Watch, watch
from app.actions.tenants.create import create as create_tenant
from app.domain.connections.model import Connection
from app.domain.connections.queries import connection as read_connection
from app.domain.connections.states import ConnectionState
from app.domain.jobs.errors import JobRefusal
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import FINAL, WAITING, JobEvent, JobState, ParkReason
from app.domain.jobs.verdict import Verdict
from app.domain.posts.states import project
from app.flows.connections import switch
from app.flows.upkeep.verify import verify_tenant
from app.kernel.late_policy import LatePolicy
from app.services.db import Database
from connectors.contract import PublishedRef
from tests.app.actions.jobs.machine_parts import LOG, ROWS, Ground, Worker
from tests.fixtures.scripted import Scripted
from tests.fixtures.world import LEASE, TestClock, World, now, runtime

TURNS = ("go", "go", "lose", "lose", "crash", "crash", "back_off", "park", "fail")
REACHED = {
    f"job.{word}"
    for word in (
        *("claimed", "intended", "published", "became_unknown", "failed", "cancelled"),
        *("needs_review", "held", "rescheduled", "parked"),
    )
}
OFTEN = ("work",) * 7 + ("expire", "reconcile", "review", "review", "release", "schedule") * 2
WHAT = (*OFTEN, "cancel", "move", "replay", "switch", "miss", "miss", "hold", "offer")
REFUSED = {"back_off": JobEvent.BACK_OFF, "park": JobEvent.PARK, "fail": JobEvent.FAIL}
FAULT = {"kind": "unreachable"}
SILENT = {*FINAL, JobState.NEEDS_REVIEW}


class JobMachine(RuleBasedStateMachine):
    """What may happen to the jobs of one tenant, in any order."""

    ground: ClassVar[Ground]
    base: ClassVar[World]

    @initialize(on=st.sampled_from([(0,), (0, 1)]), parts=st.integers(1, 2))
    def begin(self, on: tuple[int, ...], parts: int) -> None:
        self.workers = [Worker(), Worker()]
        self.ledger: Counter[UUID] = Counter()
        self.fences: dict[UUID, int] = {}
        self.states: dict[UUID, JobState] = {}
        self.keys: dict[tuple[UUID, int], list[UUID]] = {}
        self.replayed: set[UUID] = set()
        self.jobs: list[UUID] = []
        self.ground.run(self._begin(on, parts))

    async def _begin(self, targets: tuple[int, ...], parts: int) -> None:
        async with self.base.db.system() as session:
            tenant = await create_tenant(session, f"t-{secrets.token_hex(6)}", "Machine")
        self.world = replace(self.base, tenant=tenant)
        self.accounts: list[Connection] = [await self.world.connection() for _ in range(2)]
        await self._schedule(targets, parts)

    async def _schedule(self, targets: tuple[int, ...], parts: int) -> None:
        _, made = await self.world.post(*(self.accounts[one] for one in targets), parts=parts)
        self.jobs += [job.id for job in made]

    def job(self, index: int, *states: JobState) -> UUID:
        """A job, in one of these states if there is one."""
        fitting = [job for job in self.jobs if self.states.get(job) in states] or self.jobs
        return fitting[index % len(fitting)]

    def any_in(self, state: JobState) -> bool:
        return state in getattr(self, "states", {}).values()

    def do(self, verb: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> Any:
        """Run one verb in a transaction; a refusal changes nothing, which the invariants check."""

        async def work() -> Any:
            try:
                async with self.world.db.transaction(self.world.tenant) as session:
                    return await verb(session)
            except (JobRefusal, LeaseLost):
                return None

        return self.ground.run(work())

    @rule(
        what=st.sampled_from(WHAT),
        which=st.integers(0, 1),
        index=st.integers(0, 3),
        turn=st.sampled_from(TURNS),
        count=st.integers(1, 4),
        flag=st.booleans(),
        resolution=st.sampled_from(Resolution),
    )
    def step(
        self, what: str, which: int, index: int, turn: str, count: int, flag: bool, resolution: Resolution
    ) -> None:
        """One thing happens. A single rule, so that no example goes without workers."""
        match what:
            case "work":
                self._work(which, index, turn, count)
            case "expire":
                self._expire(index, flag)
            case "review" if self.any_in(JobState.NEEDS_REVIEW):
                self._settle_by_hand(index, resolution)
            case "review" if self.any_in(JobState.UNKNOWN):
                self._reconcile(index, ask=True)
            case "reconcile" if self.any_in(JobState.UNKNOWN):
                self._reconcile(index, flag)
            case "release" if self.any_in(JobState.PARKED):
                self._release(which)
            case "schedule":
                self._schedule_more(((0,), (1,), (0, 1))[index % 3], count % 3 + 1)
            case "cancel" | "move" | "replay":
                self._ask_for(index, what)
            case "switch":
                self._switch(which, 1 if count == 1 else 2)
            case "miss":
                self._miss(index, (*LatePolicy, LatePolicy.ASK)[count % 4], resolution if flag else None)
            case "hold":
                self._hold(index)
            case _:
                self._offer()

    # ---------------------------------------------------------------------------------------- people

    def _schedule_more(self, on: tuple[int, ...], parts: int) -> None:
        if len(self.jobs) < 4:
            self.ground.run(self._schedule(on, parts))

    def _ask_for(self, index: int, verb: str) -> None:
        wanted = (JobState.FAILED,) if verb == "replay" else ()
        job, due = self.job(index, *wanted), now() - timedelta(milliseconds=1)
        until = due + timedelta(hours=1)
        if verb == "cancel":
            self.do(lambda session: cancel(session, job))
        elif verb == "move":
            self.do(lambda session: reschedule(session, Reschedule(job, due, until)))
        elif self.do(lambda session: retry(session, Retry(job, due, until))) is not None:
            self.replayed.add(job)

    def _switch(self, which: int, times: int) -> None:
        """Pause a connection, mostly to resume it at once."""
        key = self.accounts[which].id

        async def work(session: AsyncSession) -> None:
            connection = await read_connection(session, key)
            paused = connection.state is ConnectionState.PAUSED
            await (switch.resume(session, key, now=now()) if paused else switch.pause(session, key))

        for _ in range(times):
            self.do(work)

    # ---------------------------------------------------------------------------------------- workers

    def _work(self, which: int, index: int, turn: str, steps: int) -> None:
        """A worker takes its next steps; the last of them may go wrong."""
        for step in range(steps):
            self._step(which, index, turn if step == steps - 1 else "go")

    def _step(self, which: int, index: int, turn: str) -> None:
        worker = self.workers[which]
        if turn == "crash":
            self.workers[which] = Worker()
        elif worker.job is None:
            self._claim(which, index)
        elif turn in REFUSED and not worker.sent:
            event = REFUSED[turn]
            park = ParkReason.CONNECTION if event is JobEvent.PARK else None
            counts = event is not JobEvent.PARK
            self._settle(worker, Verdict(event, wait=timedelta(), fault=FAULT, counts=counts, park=park), None)
        elif not worker.intended:
            command = Intend(worker.job, worker.fence, LEASE, worker.part)
            worker.intended = bool(self.do(lambda session: intend(session, command)))
            if not worker.intended:
                worker.job = None
        elif turn == "lose":
            self._settle(worker, Verdict(JobEvent.LOSE_ANSWER, wait=timedelta(), fault=FAULT), None)
        elif worker.sent:
            ref = PublishedRef(f"ref-{worker.key}", "https://scripted.example/x")
            self._settle(worker, Verdict(JobEvent.PUBLISH if worker.last else JobEvent.PUBLISH_PART), ref)
        elif worker.key is not None and not worker.late:
            self.ledger[worker.key] += 1
            worker.sent = True

    def _claim(self, which: int, index: int) -> None:
        job_id = self.job(index, JobState.SCHEDULED, JobState.RETRYING)
        found = self.do(lambda session: claim(session, Claim(job_id, LEASE, f"worker-{which}")))
        if found is not None:
            job, part = found.job, found.parts[found.job.part]
            last = job.part == job.parts - 1
            self.workers[which] = Worker(job.id, job.fence, job.part, last, part.attempt_key)

    def _settle(self, worker: Worker, verdict: Verdict, ref: PublishedRef | None) -> None:
        command = Settlement(worker.job or UUID(int=0), worker.fence, worker.part, verdict, ref)
        job = self.do(lambda session: settle(session, command))
        if job is not None and job.state is JobState.PUBLISHING:
            key = self.ground.run(self.world.parts(job.id))[job.part].attempt_key
            worker.part, worker.last, worker.key = job.part, job.part == job.parts - 1, key
            worker.intended = worker.sent = False
        elif not worker.late:  # a late worker may try again to write what it believes
            worker.job = None

    # ---------------------------------------------------------------------------------------- time

    def _expire(self, index: int, rescued: bool) -> None:
        job = self.job(index, JobState.PUBLISHING)
        self.ground.run(self.world.age(job))
        for worker in self.workers:
            worker.late = worker.late or worker.job == job
        if rescued:
            self.do(lambda session: rescue(session, job, max_crashes=3, settle_delay=timedelta()))

    def _reconcile(self, index: int, ask: bool) -> None:
        async def work(session: AsyncSession) -> None:
            found = await watch(session, Watch(self.job(index, JobState.UNKNOWN), JobState.UNKNOWN, LEASE, "looker"))
            if found is None:
                return
            job, key = found.job, found.parts[found.job.part].attempt_key
            ref, last = None, job.part == job.parts - 1
            if ask:
                verdict = Verdict(JobEvent.ASK, fault=FAULT)
            elif self.ledger[key]:
                ref = PublishedRef(f"ref-{key}", "https://scripted.example/found")
                verdict = Verdict(JobEvent.FIND if last else JobEvent.FIND_PART)
            else:
                verdict = Verdict(JobEvent.PROVE_ABSENT, wait=timedelta())
            await settle(session, Settlement(job.id, job.fence, job.part, verdict, ref))

        self.do(work)

    def _settle_by_hand(self, index: int, resolution: Resolution) -> None:
        job, url = self.job(index, JobState.NEEDS_REVIEW), f"https://scripted.example/{secrets.token_hex(4)}"
        if self.do(lambda session: resolve(session, Resolve(job, resolution, url))) is None:
            choice, due = tuple(LateChoice)[index % 3], now() - timedelta(milliseconds=1)
            self.do(lambda session: settle_late(session, SettleLate(job, choice, due, due + timedelta(hours=1))))

    def _release(self, which: int) -> None:
        self.do(lambda session: release_connection(session, self.accounts[which].id))

    def _miss(self, index: int, policy: LatePolicy, resolution: Resolution | None) -> None:
        """The window of a job passes, under each policy; a person may answer at once where one is asked."""
        job, past = self.job(index, *WAITING), now() - timedelta(seconds=1)
        self.ground.run(self.world.set(job, publish_by=past, late_policy=policy))
        if (found := self.do(lambda session: miss(session, job))) is not None:
            self.states[job] = found.state
            if resolution is not None and found.state is JobState.NEEDS_REVIEW:
                self._settle_by_hand(index, resolution)

    def _hold(self, index: int) -> None:
        """Quiet hours hold a job back, and are taken back."""
        job = self.job(index, JobState.SCHEDULED, JobState.RETRYING)
        self.do(lambda session: hold(session, job, now() + timedelta(minutes=5)))
        self.do(lambda session: look_at_held(session, None))

    def _offer(self) -> None:
        async def work() -> None:
            async with self.world.db.system() as session:
                await offer(session, tenants=50, each=20, again=timedelta(seconds=30))

        self.ground.run(work())

    # ---------------------------------------------------------------------------------------- what always holds

    @invariant()
    def holds(self) -> None:
        if not getattr(self, "jobs", None):
            return
        rows, log = self.ground.run(self._read())
        assert all(count <= 1 for count in self.ledger.values()), "one key had two effects"
        assert (log["first"], log["last"], log["number"]) == (1, log["counter"], log["counter"])
        assert log["gate_is_low"] is not False
        posts: dict[UUID, list[str]] = {}
        for row in rows:
            self._check(row)
            posts.setdefault(row["post_id"], []).append(row["state"])
        assert all(row["post_state"] == project(posts[row["post_id"]]) for row in rows)

    def teardown(self) -> None:
        """What an operator's `postd verify` asks holds wherever an example ends."""
        if getattr(self, "jobs", None):
            assert self.ground.run(verify_tenant(self.world.db, self.world.tenant)) == []

    async def _read(self) -> tuple[list[asyncpg.Record], asyncpg.Record]:
        async with self.world.owner.acquire() as connection:
            rows = await connection.fetch(ROWS, self.world.tenant)
            return rows, await connection.fetchrow(LOG, self.world.tenant)

    def _check(self, row: asyncpg.Record) -> None:
        job, state = row["id"], JobState(row["state"])
        before = self.states.get(job, state)
        if before in FINAL and state is not before:
            assert before is JobState.FAILED
            assert job in self.replayed
        self.states[job] = state
        assert row["fence"] >= self.fences.get(job, 0)
        self.fences[job] = row["fence"]
        assert (row["wake_at"] is None) is (state in SILENT)
        assert state is not JobState.PUBLISHING or row["lease_until"] is not None
        assert row["lease_until"] is None or state in (JobState.PUBLISHING, JobState.UNKNOWN)
        assert (state is JobState.PUBLISHED) is (row["platform_ref"] is not None)
        assert state is not JobState.PUBLISHED or row["last_ref"] is not None
        assert 0 <= row["attempts"] <= row["max_attempts"]
        assert (row["events"], row["told"]) == (row["revision"], state)
        assert row["cancel_requested_at"] is None or state in (JobState.PUBLISHING, JobState.CANCELLED)
        assert self.keys.setdefault((job, row["epoch"]), row["keys"]) == row["keys"]


@pytest.fixture
def ground(migrated_url: str, redis_url: str, tmp_path: Path) -> Iterator[tuple[Ground, World]]:
    """Give one event loop and one database for all examples: rules are not async."""
    with asyncio.Runner() as runner:

        async def build() -> World:
            platform, clock = Scripted(), TestClock()
            db = Database(migrated_url, name="postd-tests", size=2)
            owner = await asyncpg.create_pool(migrated_url, min_size=1, max_size=2)
            return World(runtime(db, redis_url, tmp_path, platform, clock), platform, clock, owner, UUID(int=0))

        world: World = runner.run(build())
        yield Ground(runner.run), world

        async def close() -> None:
            await world.owner.close()
            await world.rt.redis.aclose()
            await world.db.close()

        runner.run(close())


@pytest.mark.timeout(400)  # a thousand steps on a real database: long where the machine has other work
def test_the_rules_hold_on_the_rows(ground: tuple[Ground, World]) -> None:
    JobMachine.ground, JobMachine.base = ground
    run_state_machine_as_test(
        JobMachine,
        settings=settings(max_examples=40, stateful_step_count=24, deadline=None, derandomize=True),
    )
    # The examples are worth something only where they went to the places that matter.
    seen = ground[0].run(ground[1].owner.fetch("SELECT DISTINCT type FROM events"))
    assert REACHED - {row["type"] for row in seen} == set()
