"""The queue of jobs that a person settles, with the evidence and ready answers; and the whole life of a job."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from app.flows.publishing.wake import wake
from connectors.contract import Undecided
from connectors.exchanges import Exchange
from connectors.faults import Effect, FaultKind
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.scripted import refusal
from tests.fixtures.world import now

QUEUE = """{ reviewQueue { totalCount edges { node { id state
  review { part key intendedAt why lookAt sent { at worker exchanges } looks { finding exchanges }
           choices { resolution url text suggested } } } } } }"""
STORY = """query($id: ID!, $zone: TimeZone) { explainJob(jobId: $id, zone: $zone) {
  zone now next nextAt options moments { at local text exchanges } job { id } } }"""
SENT = Exchange("POST", "https://scripted.example/posts", 12, sent=True, status=None, request='{"text":"Hello"}')


async def in_review(graph: Graph) -> Any:
    """A job whose answer was lost and that nobody could find; what was said is kept."""
    world = graph.world
    job = await world.job()
    world.platform.on_publish.append(refusal(FaultKind.NO_ANSWER, effect=Effect.UNKNOWN))
    await wake(world.rt, world.tenant, job.id, "worker-1")
    said = json.dumps([{"method": SENT.method, "url": SENT.url, "sent": True, "status": None, "request": SENT.request}])
    await world.owner.execute("UPDATE job_attempts SET exchanges = $2::jsonb WHERE job_id = $1", job.id, said)
    world.platform.on_reconcile += [Undecided("The list is not complete."), Undecided("The list is not complete.")]
    await world.set(job.id, wake_at=now(), unknown_since=now() - timedelta(seconds=30))
    await wake(world.rt, world.tenant, job.id, "worker-2")
    await world.age(job.id)
    await wake(world.rt, world.tenant, job.id, "worker-3")
    return await world.row(job.id)


async def test_the_queue_shows_what_was_sent_what_was_found_and_ready_answers(graph: Graph) -> None:
    job = await in_review(graph)
    await graph.world.job()
    found = (await graph.ask(QUEUE))["reviewQueue"]
    assert found["totalCount"] == 1
    node = found["edges"][0]["node"]
    assert (node["id"], node["state"]) == (encode("Job", job.id), "NEEDS_REVIEW")
    review = node["review"]
    (part,) = await graph.world.parts(job.id)
    assert (review["key"], review["part"], review["intendedAt"] is not None) == (str(part.attempt_key), 0, True)
    (sent,) = review["sent"]
    assert sent["worker"] == "worker-1"
    assert json.loads(sent["exchanges"][0])["request"] == '{"text":"Hello"}'
    first, last = (one["finding"] for one in review["looks"])
    assert first == "The list is not complete."
    assert "could not be found out" in last
    assert [(one["resolution"], one["url"], one["suggested"]) for one in review["choices"]] == [
        ("CONFIRM", None, False),
        ("SEND_AGAIN", None, False),
        ("GIVE_UP", None, False),
    ]
    assert review["why"].startswith("The platform said nothing about it.")


async def test_a_suggestion_is_settled_by_one_mutation(graph: Graph) -> None:
    job = await in_review(graph)
    url = "https://scripted.example/1"
    await graph.world.owner.execute("UPDATE job_parts SET url = $2 WHERE job_id = $1", job.id, url)
    review = (await graph.ask(QUEUE))["reviewQueue"]["edges"][0]["node"]["review"]
    (choice,) = [one for one in review["choices"] if one["suggested"]]
    assert (choice["resolution"], choice["url"]) == ("CONFIRM", url)
    given = {"resolution": choice["resolution"], "url": choice["url"]}
    fields = "... on JobResolved { job { state review { why } } }"
    done = await graph.do("resolveJob", fields, jobId=encode("Job", job.id), **given)
    assert done["job"] == {"state": "PUBLISHED", "review": None}
    assert (await graph.ask(QUEUE))["reviewQueue"]["totalCount"] == 0


async def test_what_the_platform_took_is_probably_there(graph: Graph) -> None:
    job = await in_review(graph)
    await graph.world.owner.execute(
        "UPDATE job_attempts SET outcome = 'accept' WHERE job_id = $1 AND fence = 1", job.id
    )
    review = (await graph.ask(QUEUE))["reviewQueue"]["edges"][0]["node"]["review"]
    assert [one["resolution"] for one in review["choices"] if one["suggested"]] == ["CONFIRM"]


async def test_the_whole_life_of_a_job_is_told(graph: Graph) -> None:
    job = await in_review(graph)
    job_id = encode("Job", job.id)
    await graph.do("resolveJob", "", jobId=job_id, resolution="GIVE_UP", reason="Old news.")
    await graph.do("discardJobs", "", jobIds=[job_id])
    story = (await graph.ask(STORY, id=job_id, zone="Asia/Tokyo"))["explainJob"]
    texts = [one["text"] for one in story["moments"]]
    key = f"The API key “{graph.key.row.name}”"
    account = (await graph.world.connection_row(job.connection_id)).handle
    assert texts[0].startswith(f"tests scheduled it for {account} on Scripted; now planned for ")
    assert [text for text in texts[1:] if "about to leave" not in text] == [
        "Worker worker-1 took it to publish it. This was try number 1, about part 1 of 1.",
        (
            "One request, POST https://scripted.example/posts, was not answered. The request was sent and no certain "
            "answer came, so the outcome was unknown. It is no_answer."
        ),
        "Worker worker-2 asked the platform whether the post is there. This was try number 2, about part 1 of 1.",
        "Nothing certain yet: The list is not complete.",
        "Worker worker-3 asked the platform whether the post is there. This was try number 3, about part 1 of 1.",
        (
            "It could not be found out, so a person was asked. The post was sent, no answer came, and it could not be "
            "found out whether it is there: The list is not complete."
        ),
        f"{key} settled it: it is given up. The reason given: Old news.",
        f"{key} took it off the list of dead letters.",
    ]
    assert (story["zone"], story["nextAt"], story["job"]["id"]) == ("Asia/Tokyo", None, job_id)
    assert story["now"] == "It has failed and is not out, and was taken off the list of dead letters."
    assert story["options"][0] == "A person gave it up; look at the account before you take it up again."
    said = [json.loads(one) for moment in story["moments"] for one in moment["exchanges"]]
    assert [one["url"] for one in said] == [SENT.url]
    first = story["moments"][0]
    assert first["local"][11:13] != first["at"][11:13]  # nine hours ahead


async def test_a_story_is_told_by_the_workspaces_clock(graph: Graph) -> None:
    job = await graph.world.job()
    assert (await graph.ask(STORY, id=encode("Job", job.id)))["explainJob"]["zone"] == "UTC"
    await graph.world.owner.execute("UPDATE posts SET zone = 'Asia/Tokyo', local_time = 'x' WHERE id = $1", job.post_id)
    assert (await graph.ask(STORY, id=encode("Job", job.id)))["explainJob"]["zone"] == "Asia/Tokyo"
    await graph.world.owner.execute("UPDATE tenants SET zone = 'Europe/Berlin' WHERE id = $1", graph.world.tenant)
    assert (await graph.ask(STORY, id=encode("Job", job.id)))["explainJob"]["zone"] == "Europe/Berlin"
    assert await graph.code(STORY, id=encode("Job", job.id), zone="Mars/Olympus") == "INVALID_INPUT"


async def test_another_workspaces_job_has_no_story(graph: Graph, other_graph: Graph) -> None:
    theirs = await in_review(other_graph)
    assert (await graph.ask(STORY, id=encode("Job", theirs.id)))["explainJob"] is None
    assert (await graph.ask(QUEUE))["reviewQueue"]["edges"] == []
