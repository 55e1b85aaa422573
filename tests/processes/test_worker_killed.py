"""A worker is killed in each window of a publish; another one takes over, and the post is out once."""

from __future__ import annotations

import pytest

from app.domain.jobs.states import JobState, JobStep
from tests.processes.installation import Installation
from tests.processes.platforms import UPLOAD, hit, release
from tests.processes.workspace import Workspace


async def test_nobody_is_killed(installation: Installation, workspace: Workspace) -> None:
    await workspace.schedule(["Hello"], await workspace.both())
    await workspace.each_once()
    assert await workspace.outcomes() == [["publish"], ["publish"]]


async def test_before_the_claim(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    installation.one("scheduler").freeze()
    await workspace.schedule(["Nobody has looked yet"], accounts)
    installation.one("worker").kill()
    assert [row.fence for row in await workspace.jobs()] == [0, 0]
    installation.one("scheduler").thaw()
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [["publish"], ["publish"]]


async def test_while_the_platform_holds_the_upload(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold(UPLOAD)
    await workspace.schedule(["With a picture"], accounts, media=await workspace.picture())
    await hit(held)
    assert await workspace.steps() == {JobStep.PREPARED}
    installation.one("worker").kill()
    await release(held, "drop")
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [["rescue", "publish"], ["rescue", "publish"]]
    assert await workspace.requests(UPLOAD) == [2, 2]
    assert await workspace.requests() == [1, 1]
    for account in accounts:
        (post,) = await workspace.platforms.posts(account.platform, account.handle)
        assert len(post["media"]) == 1


@pytest.mark.parametrize(
    ("then", "requests", "outcomes"),
    [("act", 1, ["rescue_sent", "find"]), ("drop", 2, ["rescue_sent", "prove_absent", "publish"])],
)
async def test_while_the_platform_holds_the_post(
    installation: Installation, workspace: Workspace, then: str, requests: int, outcomes: list[str]
) -> None:
    accounts = await workspace.both()
    held = await workspace.hold()
    await workspace.schedule(["On its way"], accounts)
    await hit(held)
    assert await workspace.steps() == {JobStep.SENDING}
    installation.one("worker").kill()
    await release(held, then)
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [outcomes, outcomes]
    assert await workspace.requests() == [requests, requests]


async def test_after_the_effect_without_its_answer(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold(kind="hold_answer")
    await workspace.schedule(["It is there, and nobody was told"], accounts)
    await hit(held)
    installation.one("worker").kill()
    await release(held, "drop")
    for account in accounts:
        assert len(await workspace.platforms.effects(account.platform, account.handle)) == 1
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [["rescue_sent", "find"], ["rescue_sent", "find"]]
    assert await workspace.requests() == [1, 1]


async def test_answered_but_not_written_down(installation: Installation, workspace: Workspace) -> None:
    accounts = await workspace.both()
    held = await workspace.hold()
    for account in accounts:
        await workspace.schedule([f"Answered by {account.platform}"], [account])
    await hit(held)
    async with installation.locked(workspace.tenant):
        await release(held, "act")
        await installation.waiting_for_a_lock("postd-worker", 2)
        installation.one("worker").kill()
        await installation.cut_off("postd-worker")
    assert {row.state for row in await workspace.jobs()} == {JobState.PUBLISHING}
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [["rescue_sent", "find"], ["rescue_sent", "find"]]
    assert await workspace.requests() == [1, 1]
