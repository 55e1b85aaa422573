"""A thread that failed half-way: what is out of it can be deleted, and the whole of it sent anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.actions.jobs.retry import Retry, retry
from app.domain.jobs.errors import JobNotPublished
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.flows.publishing.published import PlatformRefused, delete_published
from app.flows.publishing.wake import wake
from connectors.contract import Access, Context, Outcome, Published, PublishedRef, PublishTask
from connectors.faults import FaultKind
from tests.fixtures.scripted import refusal
from tests.fixtures.world import World, now

S = JobState


@pytest.fixture
def deleted(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the platform's ids of what was removed, in order; an id "stuck" is refused."""
    gone: list[str] = []

    async def delete(_cx: Context, _access: Access, ref: PublishedRef) -> None:
        if ref.extra.get("stuck"):
            raise refusal(FaultKind.PLATFORM_DOWN)
        gone.append(ref.id)

    monkeypatch.setattr(world.platform, "delete", delete)
    return gone


async def half(world: World, out: int = 2) -> Job:
    """A thread of three of which the first parts are out, and the next one was refused."""
    job = await world.job(parts=3)

    async def goes_out(task: PublishTask, _access: Access) -> Outcome:
        return Published(world.platform.post(task))

    world.platform.on_publish.extend([*[goes_out] * out, refusal(FaultKind.POLICY)])
    await wake(world.rt, world.tenant, job.id, "worker")
    row = await world.row(job.id)
    assert (row.state, row.part) == (S.FAILED, out)
    return row


async def test_what_is_out_is_removed_from_the_last_to_the_first(world: World, deleted: list[str]) -> None:
    job = await half(world)
    refs = [part.platform_ref for part in await world.parts(job.id)]
    done = await delete_published(world.rt, world.tenant, "key:x", job.id)
    assert (done.parts, deleted) == (2, [refs[1], refs[0]])
    row = await world.row(job.id)
    assert (row.state, row.part, row.epoch) == (S.FAILED, 0, job.epoch + 1)
    assert [part.platform_ref for part in await world.parts(job.id)] == [None] * 3
    assert (await world.types(job.id))[-1] == "job.deleted_on_platform"
    assert await world.owner.fetchval("SELECT verb FROM audit_log WHERE subject_id = $1", job.id) == (
        "job.delete_published"
    )


async def test_the_thread_is_sent_anew_under_new_keys_when_it_is_retried(world: World, deleted: list[str]) -> None:
    job = await half(world)
    before = {part.attempt_key for part in await world.parts(job.id)}
    await delete_published(world.rt, world.tenant, "key:x", job.id)
    async with world.db.transaction(world.tenant) as session:
        await retry(session, Retry(job.id, now(), now() + timedelta(hours=1)))
    await wake(world.rt, world.tenant, job.id, "worker")
    assert (await world.row(job.id)).state is S.PUBLISHED
    after = [part.attempt_key for part in await world.parts(job.id)]
    assert not before & set(after)
    assert world.platform.ledger[2:] == [(key, position) for position, key in enumerate(after)]


async def test_a_platform_that_refuses_the_rest_leaves_it_to_be_asked_again(world: World, deleted: list[str]) -> None:
    job = await half(world)
    first, second, _ = await world.parts(job.id)
    await world.update("job_parts", first.id, extra='{"stuck": true}')
    with pytest.raises(PlatformRefused):
        await delete_published(world.rt, world.tenant, "key:x", job.id)
    assert deleted == [second.platform_ref]
    row, parts = await world.row(job.id), await world.parts(job.id)
    assert (row.part, [part.platform_ref for part in parts]) == (1, [first.platform_ref, None, None])
    await world.update("job_parts", first.id, extra="{}")
    assert (await delete_published(world.rt, world.tenant, "key:x", job.id)).parts == 1
    assert (await world.row(job.id)).part == 0


async def test_a_thread_of_which_nothing_is_out_has_nothing_to_remove(world: World, deleted: list[str]) -> None:
    job = await half(world, out=0)
    with pytest.raises(JobNotPublished):
        await delete_published(world.rt, world.tenant, "key:x", job.id)
    assert (deleted, (await world.row(job.id)).revision) == ([], job.revision)


async def test_a_published_thread_stays_published(world: World, deleted: list[str]) -> None:
    job = await world.job(parts=2)
    await wake(world.rt, world.tenant, job.id, "worker")
    done = await delete_published(world.rt, world.tenant, "key:x", job.id)
    assert (done.parts, done.job.state, len(deleted)) == (2, S.PUBLISHED, 2)
