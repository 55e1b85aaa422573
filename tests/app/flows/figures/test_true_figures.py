"""The API's figures are the simulated platforms' own numbers, to the last one, on all five platforms."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.actions.connections.connect import Connect, connect
from app.kernel.settings import PlatformApp
from connectors.bluesky.connector import Bluesky
from connectors.catalog import BUILT_IN, Catalog
from connectors.contract import AccountGrant
from connectors.sandbox.server import Sandbox
from schema.node import encode
from tests.app.flows.figures.desk import Desk
from tests.connectors.harness import Network
from tests.connectors.linkedin.connection import linkedin_account
from tests.connectors.mastodon.connection import mastodon_account
from tests.connectors.meta.connection import meta_account
from tests.connectors.simulated import Controls, SimulatedHarness, fresh_name
from tests.connectors.suite import Story
from tests.connectors.test_bluesky import BlueskyHarness
from tests.fixtures.graph import Graph, graph_of
from tests.fixtures.world import World, now

METRICS = "metrics { engagementRate figures { metric value } }"
JOB = f"query($id: ID!) {{ node(id: $id) {{ ... on Job {{ {METRICS} }} }} }}"
ACCOUNT = """query($id: ID!, $range: InstantRange!) {
  node(id: $id) { ... on Connection { metrics { figures { metric value } } } }
  analytics(range: $range) { accounts { figures { metric value previous complete } } } }"""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """What a simulated platform is told to say, in its own names, and what that is in ours."""

    post: Mapping[str, int]
    post_is: Mapping[str, int | None]
    account: Mapping[str, int]
    account_is: Mapping[str, int]
    day: Mapping[str, int]
    """On each of the last days; nothing where the platform tells no days."""
    day_is: Mapping[str, int]


SEEN = {"impressionCount": 900, "uniqueImpressionsCount": 500, "clickCount": 40, "likeCount": 12, "commentCount": 6}
FIVE = {
    "bluesky": Told(
        {"likeCount": 7, "repostCount": 3, "replyCount": 2, "quoteCount": 1, "bookmarkCount": 5},
        {"LIKES": 7, "SHARES": 3, "COMMENTS": 2, "QUOTES": 1, "SAVES": 5},
        {"followersCount": 310, "followsCount": 12},
        {"FOLLOWERS": 310, "FOLLOWING": 12, "POSTS": 1},
        {},
        {},
    ),
    "mastodon": Told(
        {"favourites_count": 9, "reblogs_count": 4, "replies_count": 0, "quotes_count": 2},
        {"LIKES": 9, "SHARES": 4, "COMMENTS": 0, "QUOTES": 2},
        {"followers_count": 55, "following_count": 6, "statuses_count": 8},
        {"FOLLOWERS": 55, "FOLLOWING": 6, "POSTS": 8},
        {},
        {},
    ),
    "linkedin": Told(
        {**SEEN, "shareCount": 2},
        {"IMPRESSIONS": 900, "REACH": 500, "CLICKS": 40, "LIKES": 12, "COMMENTS": 6, "SHARES": 2},
        {"followers": 1200},
        {"FOLLOWERS": 1200},
        {**SEEN, "pageViews": 88, "organicFollowerGain": 7, "paidFollowerGain": 2},
        {"IMPRESSIONS": 900, "CLICKS": 40, "LIKES": 12, "COMMENTS": 6, "PAGE_VIEWS": 88, "NEW_FOLLOWERS": 9},
    ),
    "facebook": Told(
        {"post_media_view": 90, "post_total_media_view_unique": 70, "post_clicks": 5, "reactions": 4, "shares": 2},
        {"VIEWS": 90, "REACH": 70, "CLICKS": 5, "LIKES": 4, "COMMENTS": 0, "SHARES": 2},
        {"followers_count": 12, "fan_count": 9},
        {"FOLLOWERS": 12, "PAGE_LIKES": 9},
        {"page_media_view": 300, "page_post_engagements": 8, "page_daily_follows_unique": 3},
        {"VIEWS": 300, "ENGAGEMENTS": 8, "NEW_FOLLOWERS": 3},
    ),
    "instagram": Told(
        {"views": 50, "reach": 40, "saved": 3, "shares": 2, "total_interactions": 11, "like_count": 6, "follows": 1},
        {"VIEWS": 50, "REACH": 40, "SAVES": 3, "SHARES": 2, "ENGAGEMENTS": 11, "LIKES": 6, "COMMENTS": 0}
        | {"NEW_FOLLOWERS": 1, "PROFILE_VISITS": 0, "AVERAGE_WATCH_MS": None, "REPLIES": None},
        {"followers_count": 77, "follows_count": 5},
        {"FOLLOWERS": 77, "FOLLOWING": 5, "POSTS": 1},
        {"views": 310, "accounts_engaged": 20, "total_interactions": 31, "profile_links_taps": 4},
        {"VIEWS": 310, "ENGAGEMENTS": 31, "CLICKS": 4},
    ),
}
"""Sums over days are compared for what adds up."""


@asynccontextmanager
async def bluesky_account(origin: str) -> AsyncIterator[BlueskyHarness]:
    """A fresh account of the simulated server."""
    network = Network()
    async with network.pool:
        handle, controls = f"{fresh_name()}.test", Controls(origin, network)
        made = await controls.ask("POST", "/accounts", {"platform": "bluesky", "handle": handle})
        effect = ("POST", "/xrpc/com.atproto.repo.putRecord")
        account = BlueskyHarness(Bluesky(), "bluesky", origin, effect, handle, controls, network)
        account.did, account.password = made["id"], made["password"]
        yield account


def account_of(platform: str, platforms: Sandbox) -> Any:
    """A fresh account of a platform."""
    made: dict[str, Callable[[], Any]] = {
        "bluesky": lambda: bluesky_account(platforms.bluesky_url),
        "mastodon": lambda: mastodon_account(platforms.mastodon_url),
        "linkedin": lambda: linkedin_account(platforms),
        "facebook": lambda: meta_account(platforms.meta_url, "facebook"),
        "instagram": lambda: meta_account(platforms.meta_url, "instagram"),
    }
    return made[platform]()


def world_of(world: World, harness: SimulatedHarness) -> World:
    """The workspace with the platforms as this account's connector is told of them."""
    known = harness.context().settings
    apps = {
        name: PlatformApp(client_id=app.client_id, client_secret=app.client_secret.reveal(), extra=dict(app.extra))
        for name, app in known.apps.items()
        if app.client_secret is not None
    }
    settings = world.rt.settings.model_copy(
        update={
            "apps": apps,
            "endpoints": dict(known.endpoints),
            "plc_url": known.plc_url,
            "handle_resolver": known.handle_resolver,
        }
    )
    pools = {harness.platform: harness.network.pool}
    rt = replace(world.rt, settings=settings, catalog=Catalog([*BUILT_IN, world.platform]), pools=pools)
    return replace(world, rt=rt)


async def published(desk: Desk, story: Story) -> str:
    """A post that is out on the platform, as a job of the workspace; gives the job's id."""
    ref = await story.publish(story.task("Seen by many"))
    job = await desk.world.job(await desk.world.connection())
    at = now() - timedelta(hours=2)
    await desk.world.owner.execute(
        "UPDATE job_parts SET platform_ref = $2, url = $3, extra = $4 WHERE job_id = $1",
        job.id,
        ref.id,
        ref.url,
        json.dumps(dict(ref.extra)),
    )
    values = {"state": "published", "wake_at": None, "platform_ref": ref.id, "published_at": at, "due_at": at}
    own = {"connection_id": desk.connection.id, "platform": desk.connection.platform}
    await desk.world.set(job.id, **values, **own)
    return encode("Job", job.id) + " " + ref.id


async def tell(harness: SimulatedHarness, thing: str, counts: Mapping[str, int]) -> None:
    """Set what readers did."""
    platform = "meta" if harness.platform in ("facebook", "instagram") else harness.platform
    await harness.controls.ask("POST", "/counts", {"platform": platform, "id": thing, "counts": counts})


async def shown(graph: Graph, query: str, **given: Any) -> dict[str, Any]:
    """The answer about one thing."""
    found: dict[str, Any] = await graph.ask(query, **given)
    return found


def by_name(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """The values by the metric's name."""
    return {one["metric"]: one["value"] for one in figures}


@pytest.mark.parametrize("platform", FIVE)
async def test_figures_are_those_of_the_platform(platform: str, world: World, platforms: Sandbox) -> None:
    told = FIVE[platform]
    async with account_of(platform, platforms) as harness:
        access = await harness.connect()
        story = Story(harness, harness.context(), access)
        own = world_of(world, harness)
        async with own.db.transaction(own.tenant) as session:
            grant = Connect(platform, AccountGrant(access.account, access.tokens), now(), timedelta(minutes=1))
            connection = await connect(session, own.rt.vault, grant)
        desk = Desk(own, connection)
        job, ref = (await published(desk, story)).split(" ", 1)
        account = counted_as(harness, access.account.external_id)
        await tell(harness, ref, told.post)
        await tell(harness, account, told.account)
        midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for days in range(3):
            await tell(harness, f"{account}@{(midnight - days * DAY).date()}", told.day)
        await desk.scan()
        await desk.look()
        (run,) = await desk.runs()
        assert (run.error, run.missing) == (None, 0)
        async with graph_of(own) as graph:
            metrics = (await shown(graph, JOB, id=job))["node"]["metrics"]
            assert by_name(metrics["figures"]) == dict(told.post_is)
            reach = told.post_is.get("REACH")
            reacted = sum(told.post_is[name] or 0 for name in ("LIKES", "COMMENTS", "SHARES"))
            assert metrics["engagementRate"] == (reacted / reach if reach else None)
            span = {"from": (midnight - 2 * DAY).isoformat(), "to": (now() + timedelta(minutes=1)).isoformat()}
            seen = await shown(graph, ACCOUNT, id=encode("Connection", connection.id), range=span)
        stands = by_name(seen["node"]["metrics"]["figures"])
        assert {name: stands[name] for name in told.account_is} == dict(told.account_is)
        report = by_name(seen["analytics"]["accounts"][0]["figures"])
        assert {name: report[name] for name in told.account_is} == dict(told.account_is)
        ended = ended_days(platform, midnight)
        assert {name: report[name] for name in told.day_is} == {n: v * ended for n, v in told.day_is.items()}


def counted_as(harness: SimulatedHarness, external_id: str) -> str:
    """The account's name in the simulated platform's table of counts."""
    return external_id.rpartition("/")[2] if harness.platform == "mastodon" else external_id


def ended_days(platform: str, midnight: datetime) -> int:
    """How many days with counts have ended in the span; Facebook's end at 8 in the morning of UTC."""
    if platform != "facebook":
        return 2
    ends = [midnight - days * DAY + timedelta(hours=8) for days in range(3)]
    return sum(midnight - 2 * DAY < end <= now() for end in ends)
