"""What health tells is what the simulated platforms saw: posts that are there, trouble, a token of a short life."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.actions.posts.check import Target
from app.actions.posts.schedule import Schedule, schedule
from app.actions.tenants.create import create as create_tenant
from app.domain.connections.model import Connection
from app.domain.jobs.model import Job
from app.domain.jobs.queries import of_posts
from app.domain.posts.content import content, part
from app.domain.posts.planned_time import PlannedTime
from app.flows.connections.grants import connect_all
from app.flows.health.figures import read_figures
from app.flows.health.readiness.due import due_soon
from app.flows.health.readiness.model import BlockerCode, Verdict
from app.flows.publishing.wake import wake
from app.services.paging import PageRequest
from connectors.contract import Account, AccountGrant, Grant, Tokens
from connectors.sandbox.linkedin.apps import MEMBER_APP
from connectors.sandbox.server import Sandbox
from connectors.secret import Secret
from tests.connectors.simulated import fresh_name
from tests.fixtures.site import LiveServer, Site

HOUR = timedelta(hours=1)
EFFECT = {"platform": "bluesky", "method": "POST", "path": "/xrpc/com.atproto.repo.putRecord"}
TROUBLE = ("drop_after_effect", "status", "drop_before_effect")
"""A post that is there without an answer, an answer that says no, a request that never came."""


@pytest.fixture
async def control(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    """Give the control API of the platforms."""
    async with httpx2.AsyncClient(base_url=f"{sandbox.bluesky_url}/_sandbox") as http:
        yield http


async def planned(site: Site, account: Connection, text: str, hours: float = 0) -> Job:
    now = site.rt.clock.now()
    time = PlannedTime(now + hours * HOUR) if hours else None
    command = Schedule(content([part(text)]), [Target(account.id)], time, now, site.rt.settings.timing, "key:tests")
    async with site.rt.db.transaction(site.tenant) as session:
        post = (await schedule(session, site.rt.catalog, command)).post
        [job] = await of_posts(session, [post.id])
    return job


async def test_rates_and_error_classes_are_those_of_the_platforms_ledger(
    site: Site, live_server: LiveServer, control: httpx2.AsyncClient
) -> None:
    """Eight posts, three of them in trouble; another workspace has a try of its own."""
    [account] = await site.connections()
    words = f"truth-{fresh_name()}"
    for number in range(8):
        if number < len(TROUBLE):
            order = {**EFFECT, "kind": TROUBLE[number], "status": 502, "times": 1}
            assert (await control.post("/faults", json=order)).status_code == 201
        job = await planned(site, account, f"{words} {number}")
        await wake(site.rt, site.tenant, job.id, "worker-1")

    rows = await site.owner.fetch("SELECT outcome, fault ->> 'kind' AS kind FROM job_attempts ORDER BY id")
    posts = (await control.get("/ledger", params={"platform": "bluesky"})).json()["posts"]
    there = [post for post in posts if post["text"].startswith(words)]
    seen = (await read_figures(site.rt, site.tenant)).lately("bluesky")

    assert seen.hour == seen.day
    assert (seen.day.succeeded, seen.day.failed) == (5, 3)
    assert seen.day.rate == 5 / 8
    assert len(there) == seen.day.succeeded + 1  # the one whose answer was lost is there too
    assert seen.day.succeeded == sum(row["outcome"] == "publish" for row in rows)
    kinds = [row["kind"] for row in rows if row["kind"] is not None]
    assert seen.day.faults == {kind: kinds.count(kind) for kind in kinds}
    assert sum(seen.day.faults.values()) == 3
    assert seen.day.p50 is not None
    assert seen.day.p95 is not None
    assert 0 < seen.day.p50 <= seen.day.p95

    async with site.rt.db.system() as session:
        stranger = await create_tenant(session, fresh_name(), "Strangers")
    assert (await read_figures(site.rt, stranger)).platforms == {}
    whole = (await read_figures(site.rt, None)).lately("bluesky")
    assert (whole.day.succeeded, whole.day.failed, whole.day.faults) == (5, 3, seen.day.faults)


async def test_a_token_of_a_short_life_is_told_before_it_is_dead(site: Site, control: httpx2.AsyncClient) -> None:
    handle = fresh_name()

    async def order(method: str, path: str, **body: Any) -> Any:
        answer = await control.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    await order("POST", "/accounts", platform="linkedin", handle=handle)
    await order("PATCH", "/settings", access_seconds=7200)
    try:
        given = await order("POST", "/tokens", platform="linkedin", handle=handle, client_id=MEMBER_APP.client_id)
    finally:
        await order("PATCH", "/settings", access_seconds=0)
    assert given["expires_in"] == 7200
    ends = site.rt.clock.now() + timedelta(seconds=given["expires_in"])
    tokens = Tokens(Secret(given["access_token"]), expires_at=ends, scopes=tuple(given["scope"].split(",")))
    grant = AccountGrant(Account(handle, handle, handle, "https://www.linkedin.com"), tokens)
    [account] = await connect_all(site.rt, site.tenant, "tests", "linkedin", Grant((grant,)))

    before = await planned(site, account, "Before", 1)
    after = await planned(site, account, "After", 3)

    until = site.rt.clock.now() + 24 * HOUR
    page = await due_soon(site.rt, site.tenant, until, PageRequest())
    assert [one.job_id for one in page.rows] == [before.id, after.id]
    assert [one.verdict for one in page.rows] == [Verdict.READY, Verdict.BLOCKED]
    assert page.rows[1].blockers[0].code is BlockerCode.TOKEN_ENDS
    assert f"{ends:%Y-%m-%d %H:%M}" in page.rows[1].blockers[0].message
    census = (await read_figures(site.rt, site.tenant)).connections
    assert (census.expiring_day, census.expiring_week, census.failed_refreshes) == (1, 1, 0)
