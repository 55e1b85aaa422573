from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.contract import Published, PublishedRef
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

JOB = """query($id: ID!) { node(id: $id) { ... on Job {
  state step dueAt nextAttemptAt parkReason attemptCount maxAttempts explanation allowedActions
  fault { kind message hint status } published { externalId url lag } parts { position published }
  attempts { number work outcome step exchanges fault { message } } connection { id } platform { key }
} } }"""


async def read(graph: Graph, job_id: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await graph.ask(JOB, id=encode("Job", job_id)))["node"]
    return found


async def test_a_job_that_waits_is_cancelled_at_once(graph: Graph) -> None:
    job = await graph.world.job()
    answer = await graph.do("cancelJob", "... on JobCancelled { job { state } }", jobId=encode("Job", job.id))
    assert answer == {"__typename": "JobCancelled", "job": {"state": "CANCELLED"}}


async def test_a_job_that_is_prepared_is_asked_to_stop(graph: Graph) -> None:
    job = await graph.world.job()
    await graph.world.claimed(job.id)
    fields = "... on CancelRequested { job { state cancelRequestedAt } }"
    answer = await graph.do("cancelJob", fields, jobId=encode("Job", job.id))
    assert (answer["__typename"], answer["job"]["state"]) == ("CancelRequested", "PUBLISHING")
    assert answer["job"]["cancelRequestedAt"]
    assert "asked to cancel" in (await read(graph, job.id))["explanation"][-1]


async def test_a_job_that_was_sent_is_not_cancelled(graph: Graph) -> None:
    job = await graph.world.sending()
    fields = "... on JobNotCancellable { job { state step } }"
    answer = await graph.do("cancelJob", fields, jobId=encode("Job", job.id))
    assert (answer["code"], answer["job"]) == ("JOB_NOT_CANCELLABLE", {"state": "PUBLISHING", "step": "SENDING"})


async def test_a_job_is_moved(graph: Graph) -> None:
    job, at = await graph.world.job(), (now() + timedelta(days=1)).isoformat()
    fields = "... on JobRescheduled { job { dueAt revision } }"
    answer = await graph.do("rescheduleJob", fields, jobId=encode("Job", job.id), publishAt={"at": at}, revision=1)
    assert answer["job"] == {"dueAt": at, "revision": 2}
    fields = "... on JobRevisionConflict { job { revision } }"
    late = await graph.do("rescheduleJob", fields, jobId=encode("Job", job.id), publishAt={"at": at}, revision=1)
    assert (late["__typename"], late["job"]) == ("JobRevisionConflict", {"revision": 2})


async def test_a_window_that_ends_before_it_begins_is_refused(graph: Graph) -> None:
    job, at = await graph.world.job(), now() + timedelta(days=1)
    given = {"jobId": encode("Job", job.id), "publishAt": {"at": at.isoformat()}}
    answer = await graph.do("rescheduleJob", "", publishBy=(at - timedelta(hours=1)).isoformat(), **given)
    assert (answer["__typename"], answer["path"]) == ("PlannedTimeInvalid", ["input", "publishBy"])


async def test_a_failed_job_is_retried_and_no_other(graph: Graph) -> None:
    job = await graph.world.job()
    fields = "... on JobRetried { job { state } } ... on JobNotRetryable { job { state } }"
    refused = await graph.do("retryJob", fields, jobId=encode("Job", job.id))
    assert (refused["__typename"], refused["job"]) == ("JobNotRetryable", {"state": "SCHEDULED"})
    await graph.world.set(job.id, state="failed", wake_at=None)
    assert (await read(graph, job.id))["allowedActions"] == ["RETRY", "DISCARD"]
    answer = await graph.do("retryJob", fields, jobId=encode("Job", job.id))
    assert (answer["__typename"], answer["job"]) == ("JobRetried", {"state": "SCHEDULED"})


async def test_a_person_settles_what_nobody_could_find_out(graph: Graph) -> None:
    job = await graph.world.sending()
    await graph.world.set(job.id, state="needs_review", wake_at=None, lease_until=None, step=None)
    assert (await read(graph, job.id))["allowedActions"] == ["RESOLVE"]
    job_id = encode("Job", job.id)
    missing = await graph.do("resolveJob", "", jobId=job_id, resolution="CONFIRM")
    assert (missing["code"], missing["path"]) == ("INVALID_INPUT", ["input", "url"])
    fields = "... on JobResolved { job { state published { url } } } ... on JobNotInReview { job { state } }"
    url = "https://scripted.example/1"
    done = await graph.do("resolveJob", fields, jobId=job_id, resolution="CONFIRM", url=url)
    assert done["job"] == {"state": "PUBLISHED", "published": {"url": url}}
    again = await graph.do("resolveJob", fields, jobId=job_id, resolution="GIVE_UP")
    assert (again["__typename"], again["job"]["state"]) == ("JobNotInReview", "PUBLISHED")


async def test_a_published_post_shows_where_it_is_and_what_the_platform_can_do(graph: Graph) -> None:
    job = await graph.world.job()
    ref = PublishedRef("1", "https://scripted.example/1")
    assert Published(ref).ref.id == "1"
    await graph.world.set(
        job.id, state="published", wake_at=None, platform_ref=ref.id, url=ref.url, published_at=job.due_at
    )
    found = await read(graph, job.id)
    assert found["published"] == {"externalId": "1", "url": ref.url, "lag": 0.0}
    declared = graph.world.platform.capabilities
    assert found["allowedActions"] == ["EDIT"] * declared.can_edit + ["DELETE"] * declared.can_delete
    assert found["explanation"][-1].endswith("It is at https://scripted.example/1.")


async def test_what_is_not_published_is_neither_edited_nor_deleted(graph: Graph) -> None:
    job = await graph.world.job()
    for name, given in (("editPublishedPost", {"content": {"text": "x"}}), ("deletePublishedPost", {})):
        answer = await graph.do(name, "... on JobNotPublished { job { state } }", jobId=encode("Job", job.id), **given)
        assert (answer["__typename"], answer["job"]["state"]) == ("JobNotPublished", "SCHEDULED")
