"""Answers that the database cannot take as they are, and posts that are somebody else's: no job is stuck on them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.actions.jobs.claim import Claim, claim
from app.actions.jobs.settle import Settlement, settle
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobEvent, JobState
from app.domain.jobs.verdict import Verdict
from app.flows.connections.monitor import look_at
from app.flows.publishing import tries
from app.flows.publishing.lease import Lease
from app.flows.publishing.tries import Try
from app.flows.publishing.wake import wake
from connectors.contract import Absent, Failed, Found, Pending, Published, PublishedRef, Unknown
from connectors.exchanges import Exchange
from connectors.faults import Effect, FaultKind
from tests.fixtures.scripted import fault
from tests.fixtures.world import LEASE, World

K, S = FaultKind, JobState


@pytest.fixture(autouse=True)
def _no_endless_patience(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait for the database use up the lease, so that a settlement that can never be stored fails a test."""

    async def wait(_seconds: float) -> None:
        world.clock.slept += 20

    monkeypatch.setattr(tries, "asyncio", SimpleNamespace(sleep=wait))


async def go(world: World, job: Job) -> Job:
    await wake(world.rt, world.tenant, job.id, "worker-1")
    return await world.row(job.id)


async def test_a_fault_with_a_zero_character_is_stored(world: World) -> None:
    world.platform.on_publish.append(Failed(replace(fault(K.POLICY), words="no\x00thing", code="\ud800")))
    row = await go(world, await world.job())
    assert row.state is S.FAILED
    assert row.fault is not None
    assert (row.fault["words"], row.fault["code"]) == ("no\ufffdthing", "\ufffd")


async def test_an_exchange_with_a_zero_character_is_stored(world: World) -> None:
    job = await world.job()
    async with world.db.transaction(world.tenant) as session:
        claimed = await claim(session, Claim(job.id, LEASE, "worker-1"))
    assert claimed is not None
    attempt = Try.of(world.rt, world.tenant, claimed, Lease(world.rt))
    attempt.context.http._recorder(Exchange("POST", "https://a.example", 1, sent=True, response="a\x00b"))  # type: ignore[misc]
    row = await attempt.settle(Verdict(JobEvent.FAIL, fault={"kind": "policy"}))
    assert row.state is S.FAILED
    assert [one["response"] for one in (await world.attempts(job.id))[0].exchanges] == ["a\ufffdb"]


async def test_a_reference_with_a_zero_character_is_stored(world: World) -> None:
    world.platform.on_publish.append(Published(PublishedRef("id\x00", "https://a.example/\x00", {"cid": "\x00"})))
    row = await go(world, await world.job())
    [part] = await world.parts(row.id)
    assert (row.state, row.platform_ref, row.url) == (S.PUBLISHED, "id\ufffd", "https://a.example/\ufffd")
    assert part.extra == {"cid": "\ufffd"}


async def test_a_checkpoint_with_a_zero_character_is_stored(world: World) -> None:
    world.platform.on_publish.append(Pending({"container": "\x00"}, timedelta(seconds=1)))
    row = await go(world, await world.job())
    assert row.state is S.PROCESSING
    assert (await world.parts(row.id))[0].checkpoint == {"container": "\ufffd"}


async def test_an_accounts_name_with_a_zero_character_is_stored(world: World) -> None:
    connection = await world.connection("zero", handle="@z\x00ero")
    assert connection.handle == "@z\ufffdero"
    looked = await look_at(world.rt, world.tenant, connection.id)
    assert looked is not None
    assert looked.last_ok_at is not None


async def test_a_post_that_is_another_jobs_is_not_taken_for_this_ones(world: World) -> None:
    account = await world.connection()
    theirs = await go(world, await world.job(account))
    assert theirs.platform_ref is not None
    world.platform.on_publish.append(Unknown(fault(K.NO_ANSWER, effect=Effect.UNKNOWN)))
    mine = await go(world, await world.job(account))
    assert mine.state is S.UNKNOWN
    found = Found(PublishedRef(theirs.platform_ref, theirs.url), "It has the text.")
    world.platform.on_reconcile.extend([found, found])
    await world.age(mine.id, timedelta(seconds=10))
    row = await go(world, mine)
    assert (row.state, row.lease_until) == (S.UNKNOWN, None)
    await world.age(mine.id)
    row = await go(world, mine)
    assert (row.state, len(world.platform.ledger)) == (S.NEEDS_REVIEW, 1)
    assert row.fault is not None
    assert "belongs to another job" in row.fault["message"]


async def test_a_part_of_another_jobs_thread_is_not_taken_for_this_ones_either(world: World) -> None:
    account = await world.connection()
    thread = await go(world, await world.job(account, parts=2))
    root = (await world.parts(thread.id))[0]
    world.platform.on_publish.append(Unknown(fault(K.NO_ANSWER, effect=Effect.UNKNOWN)))
    mine = await go(world, await world.job(account))
    await world.age(mine.id, timedelta(seconds=10))
    world.platform.on_reconcile.append(Found(PublishedRef(root.platform_ref or "", root.url), "It has the text."))
    assert (await go(world, mine)).state is S.UNKNOWN


async def test_an_answer_that_names_another_jobs_post_leaves_the_outcome_unknown(world: World) -> None:
    account = await world.connection()
    theirs = await go(world, await world.job(account))
    world.platform.on_publish.append(Published(PublishedRef(theirs.platform_ref or "", theirs.url)))
    mine = await go(world, await world.job(account))
    assert (mine.state, mine.platform_ref) == (S.UNKNOWN, None)
    world.platform.on_reconcile.append(Absent("It is not there."))
    await world.age(mine.id, timedelta(seconds=10))
    assert (await go(world, mine)).state is S.RETRYING


async def test_a_poll_that_names_another_jobs_post_is_looked_for(world: World) -> None:
    account = await world.connection()
    theirs = await go(world, await world.job(account))
    world.platform.on_publish.append(Pending({}, timedelta(seconds=1)))
    mine = await go(world, await world.job(account))
    world.platform.on_poll.append(Published(PublishedRef(theirs.platform_ref or "", theirs.url)))
    await world.age(mine.id, timedelta(seconds=10))
    assert (await go(world, mine)).state is S.UNKNOWN


async def test_what_the_database_refuses_is_not_tried_for_ever(world: World) -> None:
    sent = await world.sending()
    long = PublishedRef(secrets.token_hex(10_000))
    with pytest.raises(Exception, match="index row"):
        async with world.db.transaction(world.tenant) as session:
            await settle(session, Settlement(sent.id, sent.fence, 0, Verdict(JobEvent.PUBLISH), ref=long))
    world.platform.on_publish.append(Published(long))
    job = await go(world, await world.job())
    assert (job.state, world.clock.slept) == (S.UNKNOWN, 0)
    world.platform.on_reconcile.extend([Found(long, "It is there.")] * 2)
    await world.age(job.id, timedelta(seconds=10))
    assert (await go(world, job)).state is S.UNKNOWN
    await world.age(job.id)
    assert (await go(world, job)).state is S.NEEDS_REVIEW
