"""A refused duplicate: proof that an earlier try went out, or that LinkedIn has had the text for longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import Failed, Published, Unknown
from connectors.faults import Effect, FaultKind
from connectors.linkedin.duplicates import moment
from tests.connectors.harness import Trouble
from tests.connectors.linkedin.connection import LinkedInHarness
from tests.connectors.suite import Story


@pytest.fixture(params=["page", "member"])
def told(request: pytest.FixtureRequest) -> Story:
    """The same for a page, whose posts may be read, and for a member, where only the id tells the time."""
    names = {"page": "story", "member": "members_story"}
    found: Story = request.getfixturevalue(names[request.param])
    return found


async def test_a_resend_of_what_went_out_is_that_post(told: Story) -> None:
    task = await told.ready(told.task("Lost on the way back"))
    await told.harness.trouble(Trouble.LOST_ANSWER)
    assert isinstance(await told.send(task), Unknown)
    outcome = await told.send(task)
    (post,) = await told.harness.posts()
    assert isinstance(outcome, Published)
    assert (outcome.ref.id, outcome.ref.url, post.times) == (post.id, post.url, 1)


async def test_an_older_post_of_the_same_text_is_named_and_not_taken_for_ours(told: Story) -> None:
    first = await told.publish(told.task("Every day"))
    later = told.task("Every day", composed_at=told.cx.now() + timedelta(hours=1))
    outcome = await told.send(await told.ready(later))
    assert isinstance(outcome, Failed)
    fault = outcome.fault
    assert (fault.kind, fault.code, fault.effect) == (FaultKind.INVALID_CONTENT, "DUPLICATE_POST", Effect.NONE)
    assert str(first.url) in fault.message
    assert fault.hint == "Change the text and schedule the post again."
    assert [post.id for post in await told.harness.posts()] == [first.id]


@pytest.mark.parametrize("named", ["something else", "urn:li:share:71", "urn:li:share:99999999999999999999"])
async def test_a_duplicate_that_proves_nothing_is_looked_for(
    members_story: Story, member: LinkedInHarness, named: str
) -> None:
    error = {"code": "DUPLICATE_POST", "description": "Duplicate post is detected"}
    body = {"status": 422, "message": f"Content is a duplicate of {named}", "errorDetails": {"inputErrors": [error]}}
    await member.order(kind="status", status=422, method="POST", path="/rest/posts", body=body)
    outcome = await members_story.send(await members_story.ready(members_story.task("Unclear")))
    assert isinstance(outcome, Failed)
    assert outcome.fault.kind is FaultKind.DUPLICATE


@pytest.mark.parametrize("stated", [None, "1634790968743", True, -1, 10**14])
def test_what_is_no_time_is_none(stated: object) -> None:
    assert moment(stated) is None


def test_milliseconds_are_a_moment() -> None:
    assert moment(1_634_790_968_000) == datetime(2021, 10, 21, 4, 36, 8, tzinfo=UTC)
