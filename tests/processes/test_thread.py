"""The worker is killed while the second part of a thread is on its way: every part is out once, in its place."""

from __future__ import annotations

import pytest

from tests.processes.installation import Installation
from tests.processes.platforms import hit, release
from tests.processes.workspace import Workspace

TEXTS = ("First: time.", "Second: water.", "Third: more time.")


@pytest.mark.parametrize(
    ("then", "requests", "outcomes"),
    [
        ("act", 3, ["rescue_sent", "find_part", "publish"]),
        ("drop", 4, ["rescue_sent", "prove_absent", "publish"]),
    ],
)
async def test_the_worker_is_killed_during_the_second_part(
    installation: Installation, workspace: Workspace, then: str, requests: int, outcomes: list[str]
) -> None:
    accounts = await workspace.both()
    held = await workspace.hold(skip=1)
    await workspace.schedule(TEXTS, accounts)
    await hit(held)
    assert [row.part for row in await workspace.jobs()] == [1, 1]
    installation.one("worker").kill()
    await release(held, then)
    installation.start("worker")
    await workspace.each_once()
    assert await workspace.outcomes() == [outcomes, outcomes]
    assert await workspace.requests() == [requests, requests]
    for account in accounts:
        posts = await workspace.platforms.posts(account.platform, account.handle)
        assert [post["text"].strip() for post in posts] == list(TEXTS)
        assert [post["reply_to"] for post in posts] == [None, posts[0]["id"], posts[1]["id"]]
