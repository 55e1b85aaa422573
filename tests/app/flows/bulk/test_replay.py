"""Dead letters are taken up again where nothing stands against it, spread over time, and a dry run says the same."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.actions.jobs.retry import Retry, retry
from app.domain.connections.model import Connection
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.selection import Selection
from app.domain.jobs.states import JobState
from app.flows.bulk import answer as answers
from app.flows.bulk.answer import Answer, Place, Reason, Request
from app.flows.bulk.pages import run
from app.flows.bulk.replay import Replay, Time
from app.flows.bulk.waiting import Discard
from app.flows.publishing.wake import wake
from app.kernel.errors import NotFound
from app.services.idempotency import IdempotencyKeyReused
from connectors.catalog import Catalog
from connectors.faults import Effect, FaultKind
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

K, S, R = FaultKind, JobState, Reason
DEAD = JobFilter(discarded=False)


async def failed(world: World, *connections: Connection, kind: FaultKind = K.POLICY, **changes: Any) -> Job:
    """A job that the platform has refused for good."""
    job = await world.job(*connections, **changes)
    world.platform.on_publish.append(refusal(kind))
    await wake(world.rt, world.tenant, job.id, "worker")
    job = await world.row(job.id)
    assert job.state is S.FAILED
    return job


async def replay(
    world: World,
    *,
    start: datetime | None = None,
    time: Time | None = None,
    rate: float | None = 5.0,
    catalog: Catalog | None = None,
    **request: Any,
) -> Answer:
    which = request.pop("selection", Selection(DEAD))
    verb = Replay(catalog or world.rt.catalog, start or now(), time, rate)
    async with world.db.transaction(world.tenant) as session:
        return await run(session, Request(which, **request), verb)


def named(*jobs: Job) -> Selection:
    return Selection(ids=tuple(job.id for job in jobs))


def reasons(answer: Answer) -> dict[UUID, Reason]:
    return {one.job.id: one.reason for one in answer.refused}


async def snapshot(world: World) -> list[Any]:
    """Every row that a replay could touch."""
    tables = ("jobs", "job_parts", "posts", "events", "audit_log", "idempotency_keys", "tenant_gates", "tenants")
    return [await world.owner.fetch(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1') for table in tables]


async def test_dead_letters_go_out_again_once_each_under_their_keys(world: World) -> None:
    connection = await world.connection()
    jobs = [await failed(world, connection) for _ in range(3)]
    keys = [(await world.parts(job.id))[0].attempt_key for job in jobs]
    start = now()
    done = await replay(world, start=start, rate=2.0)
    assert [one.job.id for one in done.taken] == [job.id for job in jobs]
    assert [one.at for one in done.taken] == [start + timedelta(seconds=0.5 * number) for number in range(3)]
    assert (done.matched, done.left, done.cursor, done.refused) == (3, 0, None, [])
    rows = [await world.row(job.id) for job in jobs]
    assert [(row.state, row.due_at, row.publish_by, row.epoch, row.fault, row.failed_at) for row in rows] == [
        (S.SCHEDULED, job.due_at, job.publish_by, 1, None, None) for job in jobs
    ]
    assert [(row.ready_at, row.wake_at) for row in rows] == [(one.at, one.at) for one in done.taken]
    for job in jobs:
        await world.age(job.id)
        await wake(world.rt, world.tenant, job.id, "worker")
        assert (await world.row(job.id)).state is S.PUBLISHED
        assert (await world.types(job.id)).count("job.replayed") == 1
    assert world.platform.ledger == [(key, 0) for key in keys]
    audited = await world.owner.fetch("SELECT verb FROM audit_log WHERE tenant_id = $1 ORDER BY at", world.tenant)
    assert [row["verb"] for row in audited] == ["job.retry"] * 3 + ["jobs.replay"]


async def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    connection = await world.connection()
    jobs = [await failed(world, connection) for _ in range(2)]
    lost = await failed(world, connection)
    await world.owner.execute("UPDATE job_attempts SET outcome = 'lose_answer' WHERE job_id = $1", lost.id)
    before, start = await snapshot(world), now()
    told = await replay(world, start=start, dry_run=True, idempotency_key="k")
    assert await snapshot(world) == before
    done = await replay(world, start=start, idempotency_key="k")
    assert [(one.job.id, one.at) for one in told.taken] == [(one.job.id, one.at) for one in done.taken]
    assert [one.job.id for one in done.taken] == [job.id for job in jobs]
    assert reasons(told) == reasons(done) == {lost.id: R.OUTCOME_NOT_PROVED}
    assert (told.dry_run, done.dry_run, told.matched, done.matched) == (True, False, 3, 3)


async def test_a_lost_answer_is_left_to_a_person_and_one_proved_absent_is_not(world: World) -> None:
    connection = await world.connection()
    absent = await world.job(connection)
    world.platform.on_publish.append(refusal(K.NO_ANSWER, effect=Effect.UNKNOWN))
    await wake(world.rt, world.tenant, absent.id, "worker")
    await world.age(absent.id)
    await wake(world.rt, world.tenant, absent.id, "worker")  # looked for, and not there
    world.platform.on_publish.append(refusal(K.POLICY))
    await world.age(absent.id)
    await wake(world.rt, world.tenant, absent.id, "worker")
    given_up = await world.sending(connection)
    await world.set(given_up.id, state="failed", wake_at=None, lease_until=None, step=None)
    done = await replay(world, selection=named(absent, given_up))
    assert [one.job.id for one in done.taken] == [absent.id]
    assert reasons(done) == {given_up.id: R.OUTCOME_NOT_PROVED}
    row = await world.row(given_up.id)
    assert (row.state, row.revision) == (S.FAILED, given_up.revision)
    async with world.db.transaction(world.tenant) as session:  # forced by a person, for this one
        forced = await retry(session, Retry(given_up.id, now(), now() + timedelta(hours=1)))
    assert forced.state is S.SCHEDULED


@pytest.mark.parametrize(
    ("state", "reason"),
    [("revoked", R.CONNECTION_NOT_USABLE), ("attention", R.CONNECTION_NOT_USABLE), ("paused", None), ("healthy", None)],
)
async def test_the_account_must_be_usable(world: World, state: str, reason: Reason | None) -> None:
    job = await failed(world)
    await world.update("connections", job.connection_id, state=state)
    done = await replay(world)
    assert reasons(done) == ({} if reason is None else {job.id: reason})
    assert (await world.row(job.id)).state is (S.SCHEDULED if reason is None else S.FAILED)


async def test_content_is_checked_by_the_rules_of_today(world: World) -> None:
    job = await failed(world)
    long = '{"parts": [{"text": "' + "x" * 101 + '", "media": [], "link": null}], "languages": [], "options": {}}'
    await world.owner.execute("UPDATE jobs SET content = $2::jsonb WHERE id = $1", job.id, long)
    done = await replay(world)
    assert reasons(done) == {job.id: R.CONTENT_REFUSED}
    assert "100" in done.refused[0].message + done.refused[0].hint


async def test_a_file_that_is_gone_is_named(world: World) -> None:
    job, gone = await failed(world), uuid4()
    shown = f'{{"id": "{gone}", "alt": null}}'
    content = f'{{"parts": [{{"text": "x", "media": [{shown}], "link": null}}], "languages": [], "options": {{}}}}'
    await world.owner.execute("UPDATE jobs SET content = $2::jsonb WHERE id = $1", job.id, content)
    done = await replay(world)
    assert reasons(done) == {job.id: R.MEDIA_MISSING}
    assert str(gone) in done.refused[0].message


async def test_a_connector_that_was_taken_out_is_a_reason(world: World) -> None:
    job = await failed(world)
    assert reasons(await replay(world, catalog=Catalog({}))) == {job.id: R.PLATFORM_GONE}


async def test_a_window_that_is_over_asks_for_a_new_time(world: World) -> None:
    job = await failed(world)
    await world.set(job.id, publish_by=now() - timedelta(seconds=1))
    refused = await replay(world)
    assert reasons(refused) == {job.id: R.NEEDS_NEW_TIME}
    assert refused.refused[0].hint == "Give a new time with publishAt."
    later = now() + timedelta(days=1)
    done = await replay(world, time=Time(later, later + timedelta(hours=1)))
    row = await world.row(job.id)
    assert (row.due_at, row.publish_by, row.ready_at) == (later, later + timedelta(hours=1), later)
    assert [one.at for one in done.taken] == [later]


async def test_a_rate_that_would_pass_the_window_is_told(world: World) -> None:
    connection, later = await world.connection(), now() + timedelta(days=1)
    jobs = [await failed(world, connection) for _ in range(3)]
    done = await replay(world, time=Time(later, later + timedelta(seconds=15)), rate=0.1)
    assert [one.at for one in done.taken] == [later, later + timedelta(seconds=10)]
    assert reasons(done) == {jobs[2].id: R.NEEDS_NEW_TIME}


async def test_what_goes_by_another_job_or_is_partly_out_is_left(world: World) -> None:
    doubled, thread = await failed(world), await failed(world, parts=2)
    await world.owner.execute(
        "INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, ready_at, "
        "wake_at, publish_by, max_attempts) SELECT $2, tenant_id, post_id, connection_id, platform, content, "
        "'scheduled', parts, due_at, ready_at, now(), publish_by, max_attempts FROM jobs WHERE id = $1",
        doubled.id,
        uuid4(),
    )
    await world.set(thread.id, part=1)
    assert reasons(await replay(world)) == {doubled.id: R.GOES_BY_ANOTHER_JOB, thread.id: R.PARTLY_OUT}


async def test_jobs_that_have_not_failed_are_told_when_named_and_not_meant_by_a_filter(world: World) -> None:
    job = await world.job()
    assert reasons(await replay(world, selection=named(job))) == {job.id: R.NOT_FAILED}
    assert (await replay(world, selection=Selection(JobFilter()))).matched == 0
    assert (await world.row(job.id)).revision == job.revision


async def test_pages_go_on_in_number_and_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.flows.bulk.pages.AT_ONCE", 2)
    assert answers.AT_ONCE == 100
    connection = await world.connection()
    jobs = [await failed(world, connection) for _ in range(5)]
    start = now()
    moments: list[datetime | None] = []
    seen, counts = [], []
    cursor: str | None = None
    for _ in range(3):
        place = Place.read(cursor) if cursor else None
        which = Selection(DEAD, after=place.after if place else None)
        done = await replay(world, selection=which, start=max(start, place.free_from) if place else start, rate=1.0)
        seen += [one.job.id for one in done.taken]
        moments += [one.at for one in done.taken]
        counts.append((done.matched, done.left))
        cursor = done.cursor
    assert (seen, cursor, counts) == ([job.id for job in jobs], None, [(5, 3), (3, 1), (1, 0)])
    assert moments == [start + timedelta(seconds=number) for number in range(5)]


async def test_an_idempotency_key_gives_the_first_answer_again(world: World) -> None:
    connection = await world.connection()
    job, lost = await failed(world, connection), await failed(world, connection)
    await world.owner.execute("UPDATE job_attempts SET outcome = NULL WHERE job_id = $1", lost.id)
    first = await replay(world, idempotency_key="once")
    await failed(world, connection)
    before = await snapshot(world)
    again = await replay(world, idempotency_key="once")
    assert await snapshot(world) == before
    assert [(one.job.id, one.at) for one in again.taken] == [(one.job.id, one.at) for one in first.taken]
    assert reasons(again) == {lost.id: R.OUTCOME_NOT_PROVED}
    assert (again.repeated, again.matched, first.repeated, again.taken[0].job.id) == (True, 2, False, job.id)
    with pytest.raises(IdempotencyKeyReused):
        await replay(world, idempotency_key="once", rate=1.0)


async def test_a_discarded_job_is_off_the_list_until_it_is_replayed_by_name(world: World) -> None:
    job = await failed(world)
    verb = Discard(now(), "Old news.")
    async with world.db.transaction(world.tenant) as session:
        done = await run(session, Request(Selection(DEAD), expected=1), verb)
    row = done.taken[0].job
    assert (row.state, row.fault, row.discarded_at is not None) == (S.FAILED, job.fault, True)
    assert (await world.types(job.id))[-1] == "job.discarded"
    assert (await replay(world)).matched == 0
    async with world.db.transaction(world.tenant) as session:
        again = await run(session, Request(named(job)), verb)
    assert reasons(again) == {job.id: R.NOT_DISCARDABLE}
    assert [one.job.id for one in (await replay(world, selection=named(job))).taken] == [job.id]
    row = await world.row(job.id)
    assert (row.state, row.discarded_at) == (S.SCHEDULED, None)


async def test_two_replays_at_once_take_each_job_once(world: World) -> None:
    connection = await world.connection()
    jobs = [await failed(world, connection) for _ in range(5)]
    done = await asyncio.gather(*(replay(world, selection=named(*jobs)) for _ in range(4)))
    assert sorted(one.job.id for answer in done for one in answer.taken) == sorted(job.id for job in jobs)
    assert {reason for answer in done for reason in reasons(answer).values()} == {R.NOT_FAILED}
    assert [(await world.types(job.id)).count("job.replayed") for job in jobs] == [1] * 5


async def test_a_job_of_another_workspace_does_not_exist(world: World, stranger: World) -> None:
    theirs = await failed(stranger)
    with pytest.raises(NotFound):
        await replay(world, selection=named(theirs))
    assert (await replay(world)).matched == 0
    assert (await stranger.row(theirs.id)).state is S.FAILED
