"""A worker is stopped for longer than its lease: another one takes over, and the stale one writes nothing."""

from __future__ import annotations

from app.domain.jobs.states import JobState, JobStep
from tests.processes.installation import Installation
from tests.processes.parts import Part
from tests.processes.platforms import UPLOAD, hit, release
from tests.processes.workspace import Workspace


async def test_its_post_is_found_by_another_one(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold()
    await workspace.schedule(["Written by the first"], accounts)
    await hit(held)
    stale = installation.one("worker")
    stale.freeze()
    await release(held, "act")
    installation.start("worker")
    await workspace.each_once()
    await wakes_and_writes_nothing(stale, workspace)
    assert await workspace.outcomes() == [["rescue_sent", "find"], ["rescue_sent", "find"]]
    assert await workspace.requests() == [1, 1]


async def test_its_request_acts_after_another_one_has_sent(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold()
    await workspace.schedule(["Sent by both"], accounts)
    await hit(held)
    stale = installation.one("worker")
    stale.freeze()
    installation.start("worker")
    await workspace.each_once()
    await release(held, "act")
    await wakes_and_writes_nothing(stale, workspace)
    assert await workspace.outcomes() == [["rescue_sent", "prove_absent", "publish"]] * 2
    assert await workspace.requests() == [2, 2]


async def test_its_answer_comes_while_another_one_is_sending(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    first, second = await workspace.hold(), await workspace.hold()
    await workspace.schedule(["Held twice"], accounts)
    await hit(first)
    stale = installation.one("worker")
    stale.freeze()
    installation.start("worker")
    await hit(second)
    before = [(row.state, row.step, row.fence, row.revision) for row in await workspace.jobs()]
    assert {row[:3] for row in before} == {(JobState.PUBLISHING, JobStep.SENDING, 4)}
    await release(first, "act")
    stale.thaw()
    await stale.says("job.lease_lost", times=2)
    assert [(row.state, row.step, row.fence, row.revision) for row in await workspace.jobs()] == before
    await release(second, "act")
    await workspace.each_once()
    assert await workspace.outcomes() == [["rescue_sent", "prove_absent", "publish"]] * 2
    assert await workspace.requests() == [2, 2]


async def test_before_its_intent_it_does_not_send(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold(UPLOAD)
    await workspace.schedule(["With a picture"], accounts, media=await workspace.picture())
    await hit(held)
    assert await workspace.steps() == {JobStep.PREPARED}
    stale = installation.one("worker")
    stale.freeze()
    await release(held, "act")
    installation.start("worker")
    await workspace.each_once()
    await wakes_and_writes_nothing(stale, workspace)
    assert await workspace.outcomes() == [["rescue", "publish"], ["rescue", "publish"]]
    assert await workspace.requests() == [1, 1]


async def wakes_and_writes_nothing(stale: Part, workspace: Workspace) -> None:
    """Let the stale worker go on until it has given up both jobs: no row, no event and no post has changed."""
    before = await workspace.snapshot()
    stale.thaw()
    await stale.says("job.lease_lost", times=2)
    assert await workspace.snapshot() == before
    await workspace.each_once()
