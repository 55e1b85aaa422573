"""Many jobs are moved, cancelled and discarded: counted first, one by one, and only those that can be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.jobs.errors import SelectionChanged
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.selection import Selection
from app.domain.jobs.states import JobState
from app.flows.bulk.answer import Answer, Reason, Request, Verb
from app.flows.bulk.pages import run
from app.flows.bulk.replay import Time
from app.flows.bulk.waiting import Cancel, Discard, Move
from app.kernel.errors import InvalidInput
from tests.app.flows.bulk.test_replay import failed, named, reasons, snapshot
from tests.fixtures.world import World, now

S, R = JobState, Reason


async def do(world: World, verb: Verb, selection: Selection, **request: Any) -> Answer:
    async with world.db.transaction(world.tenant) as session:
        return await run(session, Request(selection, **request), verb)


def to_tomorrow() -> Move:
    later = now() + timedelta(days=1)
    return Move(Time(later, later + timedelta(hours=6)), now())


async def one_of_each(world: World) -> dict[str, Job]:
    """Jobs that wait, are prepared, are sent, have failed and are out."""
    jobs = {"waits": await world.job(), "prepared": await world.job(), "sent": await world.sending()}
    await world.claimed(jobs["prepared"].id)
    jobs |= {"failed": await failed(world), "out": await world.job()}
    await world.set(jobs["out"].id, state="published", platform_ref="x", wake_at=None)
    return {name: await world.row(job.id) for name, job in jobs.items()}


async def test_jobs_that_wait_are_moved_and_the_others_are_told_why(world: World) -> None:
    jobs, move = await one_of_each(world), to_tomorrow()
    done = await do(world, move, named(*jobs.values()))
    assert [one.job.id for one in done.taken] == [jobs["waits"].id]
    assert reasons(done) == {jobs[name].id: R.NOT_WAITING for name in ("prepared", "sent", "failed", "out")}
    row = await world.row(jobs["waits"].id)
    assert (row.state, row.due_at, row.ready_at, row.publish_by) == (
        S.SCHEDULED,
        move.time.due_at,
        move.time.due_at,
        move.time.publish_by,
    )
    assert (await world.types(row.id))[-1] == "job.rescheduled"
    for name in ("prepared", "sent", "failed", "out"):
        assert (await world.row(jobs[name].id)).revision == jobs[name].revision


async def test_what_was_not_sent_is_cancelled_or_asked_to_stop(world: World) -> None:
    jobs = await one_of_each(world)
    done = await do(world, Cancel(now()), named(*jobs.values()))
    assert [one.job.id for one in done.taken] == [jobs["waits"].id, jobs["prepared"].id]
    assert reasons(done) == {jobs[name].id: R.NOT_CANCELLABLE for name in ("sent", "failed", "out")}
    assert (await world.row(jobs["waits"].id)).state is S.CANCELLED
    asked = await world.row(jobs["prepared"].id)
    assert (asked.state, asked.cancel_requested_at is not None) == (S.PUBLISHING, True)


async def test_a_filter_means_only_the_jobs_that_a_verb_is_about(world: World) -> None:
    jobs = await one_of_each(world)
    counted = {}
    for verb in (to_tomorrow(), Cancel(now()), Discard(now())):
        looked = await do(world, verb, Selection(JobFilter()), dry_run=True)
        counted[verb.name] = sorted(one.job.id for one in looked.taken), sorted(reasons(looked).values())
    assert counted == {
        "jobs.reschedule": ([jobs["waits"].id], []),
        "jobs.cancel": (sorted([jobs["waits"].id, jobs["prepared"].id]), [R.NOT_CANCELLABLE]),
        "jobs.discard": ([jobs["failed"].id], []),
    }


@pytest.mark.parametrize("verb", [to_tomorrow(), Cancel(now()), Discard(now())], ids=lambda verb: verb.name)
async def test_a_filter_needs_the_count_that_was_seen(world: World, verb: Verb) -> None:
    connection = await world.connection()
    await world.job(connection)
    await failed(world)
    before = await snapshot(world)
    with pytest.raises(InvalidInput) as refusal:
        await do(world, verb, Selection(JobFilter()))
    assert refusal.value.path == ("input", "expectedCount")
    looked = await do(world, verb, Selection(JobFilter()), dry_run=True)
    assert await snapshot(world) == before
    await world.job(connection)
    await failed(world)
    before = await snapshot(world)
    with pytest.raises(SelectionChanged) as changed:
        await do(world, verb, Selection(JobFilter()), expected=looked.matched)
    assert (looked.matched, changed.value.matched) == (1, 2)
    assert await snapshot(world) == before
    assert len((await do(world, verb, Selection(JobFilter()), expected=2)).taken) == 2


async def test_jobs_that_are_moved_do_not_come_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.bulk.pages.AT_ONCE", 2)
    connection, move = await world.connection(), to_tomorrow()
    jobs = [await world.job(connection) for _ in range(3)]
    first = await do(world, move, Selection(JobFilter()), expected=3)
    rest = Selection(JobFilter(), after=first.taken[-1].job.id)
    second = await do(world, move, rest, expected=first.left)
    assert [one.job.id for one in (*first.taken, *second.taken)] == [job.id for job in jobs]
    assert (first.left, second.left, second.cursor) == (1, 0, None)


@pytest.mark.parametrize(
    ("selection", "path"),
    [
        (Selection(), "filter"),
        (Selection(JobFilter(), ids=()), "filter"),
        (Selection(ids=()), "jobIds"),
    ],
)
async def test_what_is_meant_must_be_said(world: World, selection: Selection, path: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await do(world, Cancel(now()), selection)
    assert refusal.value.path == ("input", path)
