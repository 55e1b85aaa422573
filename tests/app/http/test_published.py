"""What the API does to a post that is out: through GraphQL, on the simulated platforms."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from app.actions.posts.check import Target
from app.actions.posts.schedule import Schedule, schedule
from app.domain.jobs.model import Job
from app.domain.jobs.queries import of_posts
from app.domain.posts.content import content, part
from app.flows.publishing.wake import wake
from schema.node import encode
from tests.fixtures.consent import BLUESKY, MASTODON, WAYS, Way, connect, ticket
from tests.fixtures.served import Browser
from tests.fixtures.site import LiveServer, Site

DELETE = """
mutation Delete($job: ID!) {
  deletePublishedPost(input: { jobId: $job }) {
    __typename ... on PublishedPostDeleted { job { state } } ... on UserError { code message }
  }
}
"""
EDIT = """
mutation Edit($job: ID!, $text: String!) {
  editPublishedPost(input: { jobId: $job, content: { text: $text } }) {
    __typename ... on PublishedPostEdited { job { content { text } } } ... on UserError { code message }
  }
}
"""


async def published(site: Site, browser: Browser, way: Way, text: str) -> Job:
    """Connect the account, and let a post go out on it."""
    await connect(site, browser, way, await ticket(site, way), way.handle)
    account = next(one for one in await site.connections() if one.platform == way.platform)
    moment = site.rt.clock.now()
    command = Schedule(content([part(text)]), [Target(account.id)], None, moment, site.rt.settings.timing, "key:tests")
    async with site.rt.db.transaction(site.tenant) as session:
        post = (await schedule(session, site.rt.catalog, command)).post
        [job] = await of_posts(session, [post.id])
    await wake(site.rt, site.tenant, job.id, "worker-1")
    async with site.rt.db.read(site.tenant) as session:
        [job] = await of_posts(session, [post.id])
    assert job.state == "published", job.fault
    return job


async def ask(server: LiveServer, document: str, **variables: str) -> dict[str, Any]:
    async with httpx2.AsyncClient() as http:
        answer = await http.post(
            f"{server.url}/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {server.api_key}"},
        )
    body: dict[str, Any] = answer.json()
    assert "errors" not in body, body
    [result] = body["data"].values()
    found: dict[str, Any] = result
    return found


async def standing(site: Site, job: Job) -> list[str]:
    """The texts of the job's post that the platform's users see."""
    url = f"{site.sandbox.bluesky_url}/_sandbox/ledger"
    async with httpx2.AsyncClient() as http:
        posts = (await http.get(url, params={"kind": "any"})).json()["posts"]
    return [post["text"] for post in posts if post["id"] == job.platform_ref and not post["deleted_at"]]


@pytest.mark.parametrize("way", WAYS)
async def test_a_deleted_post_is_gone_from_its_platform(
    site: Site, live_server: LiveServer, browser: Browser, way: Way
) -> None:
    job = await published(site, browser, way, f"To be deleted on {way.name}")
    assert await standing(site, job) == [f"To be deleted on {way.name}"]

    answer = await ask(live_server, DELETE, job=encode("Job", job.id))

    assert answer == {"__typename": "PublishedPostDeleted", "job": {"state": "PUBLISHED"}}
    assert await standing(site, job) == []
    assert "job.deleted_on_platform" in await site.events()


async def test_an_edited_post_says_the_new_text(site: Site, live_server: LiveServer, browser: Browser) -> None:
    job = await published(site, browser, MASTODON, "A typo")

    answer = await ask(live_server, EDIT, job=encode("Job", job.id), text="No typo")

    assert answer == {"__typename": "PublishedPostEdited", "job": {"content": {"text": "No typo"}}}
    assert await standing(site, job) == ["No typo"]


async def test_a_platform_without_editing_says_so(site: Site, live_server: LiveServer, browser: Browser) -> None:
    job = await published(site, browser, BLUESKY, "Stays as it is")

    answer = await ask(live_server, EDIT, job=encode("Job", job.id), text="Changed")

    assert answer["__typename"] == "PlatformRefused"
    assert answer["message"] == "Bluesky has no editing of published posts."
    assert await standing(site, job) == ["Stays as it is"]
