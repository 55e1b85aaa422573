"""Mutations about posts that were scheduled."""

from __future__ import annotations

from datetime import timedelta

from app.domain.posts.model import Post
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now


async def waiting(graph: Graph) -> tuple[str, Post]:
    post, _ = await graph.world.post(await graph.world.connection(), now=now() + timedelta(hours=1))
    return encode("Post", post.id), post


async def test_a_check_saves_nothing(graph: Graph) -> None:
    account = await graph.account()
    before = await graph.world.types()
    targets = [{"connectionId": encode("Connection", account.id)}]
    fields = "... on PostValid { publishAt { zone } notices { message } } ... on InvalidContent { problems { rule } }"
    fine = await graph.do("validatePost", fields, content={"text": "Hello"}, targets=targets)
    assert fine == {"__typename": "PostValid", "publishAt": {"zone": None}, "notices": []}
    long = await graph.do("validatePost", fields, content={"text": "x" * 301}, targets=targets)
    assert (long["__typename"], long["problems"]) == ("InvalidContent", [{"rule": "text.length"}])
    assert await graph.world.types() == before


async def test_a_post_without_targets_is_refused(graph: Graph) -> None:
    fields = "... on InvalidContent { problems { rule } }"
    answer = await graph.do("validatePost", fields, content={"text": "Hello"}, targets=[])
    assert answer["problems"] == [{"rule": "targets.count"}]


async def test_a_post_that_waits_is_changed_with_its_jobs(graph: Graph) -> None:
    post_id, _ = await waiting(graph)
    fields = "... on PostUpdated { post { revision labels content { text } jobs { content { text } } } }"
    answer = await graph.do("updatePost", fields, postId=post_id, content={"text": "Better"}, labels=["x"], revision=1)
    assert answer["post"] == {
        "revision": 2,
        "labels": ["x"],
        "content": {"text": "Better"},
        "jobs": [{"content": {"text": "Better"}}],
    }


async def test_a_lost_update_is_refused(graph: Graph) -> None:
    post_id, _ = await waiting(graph)
    fields = "... on RevisionConflict { post { revision content { text } } }"
    answer = await graph.do("updatePost", fields, postId=post_id, content={"text": "Late"}, revision=7)
    assert (answer["code"], answer["path"]) == ("REVISION_CONFLICT", ["input", "revision"])
    assert answer["post"] == {"revision": 1, "content": {"text": "Hello"}}


async def test_a_post_is_moved_with_its_jobs(graph: Graph) -> None:
    post_id, _ = await waiting(graph)
    at = (now() + timedelta(days=2)).isoformat()
    fields = "... on PostRescheduled { post { publishAt { at } jobs { dueAt } } }"
    answer = await graph.do("reschedulePost", fields, postId=post_id, publishAt={"at": at})
    assert answer["post"] == {"publishAt": {"at": at}, "jobs": [{"dueAt": at}]}


async def test_a_post_goes_out_now(graph: Graph) -> None:
    post_id, post = await waiting(graph)
    fields = "... on PostRescheduled { post { publishAt { at } } }"
    answer = await graph.do("publishPostNow", fields, postId=post_id)
    assert answer["post"]["publishAt"]["at"] < post.due_at.isoformat()


async def test_a_post_is_cancelled_job_by_job(graph: Graph) -> None:
    one, two = await graph.world.connection(), await graph.world.connection()
    post, jobs = await graph.world.post(one, two)
    await graph.world.claimed(jobs[1].id)
    fields = "... on PostCancelled { post { state } cancelled { id } requested { id state } tooLate { id } }"
    answer = await graph.do("cancelPost", fields, postId=encode("Post", post.id))
    assert answer["cancelled"] == [{"id": encode("Job", jobs[0].id)}]
    assert answer["requested"] == [{"id": encode("Job", jobs[1].id), "state": "PUBLISHING"}]
    assert answer["tooLate"] == []


async def test_a_post_that_has_ended_is_not_moved(graph: Graph) -> None:
    post_id, _ = await waiting(graph)
    await graph.do("cancelPost", "", postId=post_id)
    fields = "... on PostNotEditable { post { state allowedActions } }"
    answer = await graph.do("publishPostNow", fields, postId=post_id)
    assert (answer["__typename"], answer["post"]) == ("PostNotEditable", {"state": "CANCELLED", "allowedActions": []})
    assert answer["hint"]


async def test_the_actor_of_a_change_is_the_key(graph: Graph) -> None:
    post_id, post = await waiting(graph)
    await graph.do("cancelPost", "", postId=post_id)
    (changed,) = [event for event in await graph.world.events(post.id) if event.type == "post.updated"]
    assert changed.actor == f"key:{graph.key.row.id}"


async def test_too_many_labels_parts_or_files_are_refused(graph: Graph) -> None:
    account = await graph.account()
    targets = [{"connectionId": encode("Connection", account.id)}]
    for content, more in (
        ({"text": "x"}, {"labels": ["x"] * 51}),
        ({"text": "x"}, {"labels": ["x" * 101]}),
        ({"text": "x", "thread": [{"text": "x"}] * 101}, {}),
        ({"text": "x", "media": [{"mediaId": "x"}] * 21}, {}),
        ({"text": "x"}, {"idempotencyKey": "x" * 129}),
    ):
        answer = await graph.do("schedulePost", "", content=content, targets=targets, **more)
        assert answer["code"] == "INVALID_INPUT", (content, more)
