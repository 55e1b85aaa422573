from __future__ import annotations

from datetime import timedelta

from app.actions.jobs.resolve import Resolve, resolve
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from app.flows.publishing.wake import wake
from tests.fixtures.world import World


async def test_a_thread_does_not_go_on_behind_a_part_that_a_person_confirmed(world: World) -> None:
    job = await world.sending(parts=2)
    for event in (JobEvent.LOSE_ANSWER, JobEvent.ASK):
        async with world.db.transaction(world.tenant) as session:
            verdict = Verdict(event, wait=timedelta(), fault={"kind": "no_answer"})
            await settle(session, Settlement(job.id, job.fence, 0, verdict))
    async with world.db.transaction(world.tenant) as session:
        await resolve(session, Resolve(job.id, Resolution.CONFIRM, url="https://scripted.example/seen"))

    await wake(world.rt, world.tenant, job.id, "worker-1")

    row = await world.row(job.id)
    assert (row.state, row.fault and row.fault["message"]) == (
        JobState.FAILED,
        "Part 1 was confirmed by hand: there is no platform's id for part 2 to reply to.",
    )
    assert world.platform.ledger == []
