"""Verbs about many jobs through the API: filters, verdicts, guards, cursors, scopes, and the queue of reviews."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.jobs.model import Job
from app.domain.keys.model import Scope
from app.flows.publishing.wake import wake
from connectors.faults import Fault, FaultKind, PlatformFault
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

PAGE = """... on BulkResult { matched left cursor dryRun replayed
  changed { at job { id state dueAt } } refused { reason message hint job { id state } } }"""
CHANGED = " ... on SelectionChanged { matched }"


async def failed(graph: Graph, kind: FaultKind = FaultKind.POLICY, code: str | None = None, **changes: Any) -> Job:
    """A job that the platform has refused."""
    world = graph.world
    job = await world.job(**changes)
    world.platform.on_publish.append(PlatformFault(Fault(kind, f"It is {kind}.", "Do something.", code=code)))
    await wake(world.rt, world.tenant, job.id, "worker")
    return await world.row(job.id)


async def listed(graph: Graph, **wanted: Any) -> list[str]:
    query = """query($filter: JobFilter, $order: JobOrder! = DUE_FIRST) {
      jobs(filter: $filter, orderBy: $order) { totalCount edges { node { id } } } }"""
    order = wanted.pop("order", "DUE_FIRST")
    found = (await graph.ask(query, filter=wanted, order=order))["jobs"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"]["id"] for edge in found["edges"]]


async def test_failures_are_found_by_fault_code_label_and_time(graph: Graph) -> None:
    world = graph.world
    policy = await failed(graph, code="E7", labels=("autumn", "sale"))
    missing = await failed(graph, FaultKind.NOT_FOUND, labels=("autumn",))
    waits = await world.job(labels=("autumn",))
    ids = {name: encode("Job", job.id) for name, job in (("p", policy), ("m", missing), ("w", waits))}
    assert await listed(graph, faultKinds=["policy"]) == [ids["p"]]
    assert await listed(graph, faultKinds=["policy", "not_found"]) == [ids["p"], ids["m"]]
    assert await listed(graph, faultCodes=["E7"]) == [ids["p"]]
    assert await listed(graph, labels=["autumn"]) == [ids["p"], ids["m"], ids["w"]]
    assert await listed(graph, labels=["autumn", "sale"]) == [ids["p"]]
    assert await listed(graph, states=["FAILED"], labels=["autumn"]) == [ids["p"], ids["m"]]
    await world.set(policy.id, failed_at=now() - timedelta(days=2))
    day = (now() - timedelta(days=1)).isoformat()
    assert await listed(graph, order="FAILED_LAST") == [ids["m"], ids["p"]]
    assert await listed(graph, order="FAILED_FIRST", failedFrom=day) == [ids["m"]]
    assert await listed(graph, order="FAILED_FIRST", failedUntil=day) == [ids["p"]]
    assert await listed(graph, order="FAILED_LAST", states=["SCHEDULED"]) == []


async def test_a_time_of_failure_asks_for_that_order(graph: Graph) -> None:
    query = "query($at: DateTime) { jobs(filter: { failedFrom: $at }) { edges { node { id } } } }"
    (error,) = (await graph.answer(query, at=now().isoformat()))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["input"]) == ("INVALID_INPUT", ["orderBy"])


async def test_dead_letters_are_looked_at_replayed_and_answered_again(graph: Graph) -> None:
    job, other = await failed(graph), await failed(graph)
    await graph.world.update("connections", other.connection_id, state="attention")
    given = {"filter": {"discarded": False}, "rate": 2.0}
    told = await graph.do("replayJobs", PAGE, dryRun=True, **given)
    assert (told["matched"], told["dryRun"]) == (2, True)
    assert [one["job"]["state"] for one in told["changed"]] == ["FAILED"]
    given |= {"expectedCount": 2, "idempotencyKey": "once"}
    done = await graph.do("replayJobs", PAGE, **given)
    assert [(one["job"]["id"], one["job"]["state"]) for one in done["changed"]] == [
        (encode("Job", job.id), "SCHEDULED")
    ]
    assert done["changed"][0]["at"] >= done["changed"][0]["job"]["dueAt"]
    assert [(one["job"]["id"], one["reason"]) for one in done["refused"]] == [
        (encode("Job", other.id), "CONNECTION_NOT_USABLE")
    ]
    assert (done["left"], done["cursor"], done["dryRun"], done["replayed"]) == (0, None, False, False)
    again = await graph.do("replayJobs", PAGE, **given)
    assert again == {**done, "replayed": True}
    reused = await graph.do("replayJobs", PAGE, **{**given, "rate": 1.0})
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"
    changed = await graph.do("replayJobs", PAGE + CHANGED, filter={"discarded": False}, expectedCount=2)
    assert (changed["__typename"], changed["code"], changed["matched"]) == ("SelectionChanged", "SELECTION_CHANGED", 1)


@pytest.mark.parametrize("rate", [0.0, -1.0, 101.0])
async def test_a_rate_is_bounded(graph: Graph, rate: float) -> None:
    answer = await graph.do("replayJobs", PAGE, filter={}, rate=rate)
    assert (answer["code"], answer["path"]) == ("INVALID_INPUT", ["input", "rate"])


async def test_failed_jobs_are_retried_together_at_a_time(graph: Graph) -> None:
    jobs, later = [await failed(graph) for _ in range(2)], (now() + timedelta(days=1)).isoformat()
    ids = [encode("Job", job.id) for job in jobs]
    done = await graph.do("retryJobs", PAGE, jobIds=ids, publishAt={"at": later})
    assert [(one["job"]["id"], one["at"], one["job"]["dueAt"]) for one in done["changed"]] == [
        (one, later, later) for one in ids
    ]


async def test_waiting_jobs_are_moved_then_cancelled(graph: Graph) -> None:
    job, later = await graph.world.job(), (now() + timedelta(days=1)).isoformat()
    which = {"connections": [encode("Connection", job.connection_id)]}
    moved = await graph.do("rescheduleJobs", PAGE, filter=which, expectedCount=1, publishAt={"at": later})
    assert (moved["__typename"], moved["changed"][0]["job"]["dueAt"]) == ("JobsRescheduled", later)
    unseen = await graph.do("cancelJobs", PAGE, filter=which)
    assert (unseen["code"], unseen["path"]) == ("INVALID_INPUT", ["input", "expectedCount"])
    done = await graph.do("cancelJobs", PAGE, filter=which, expectedCount=1)
    assert (done["__typename"], done["changed"][0]["job"]["state"]) == ("JobsCancelled", "CANCELLED")


async def test_a_discarded_job_is_on_no_list_of_what_needs_somebody(graph: Graph) -> None:
    job = await failed(graph)
    job_id = encode("Job", job.id)
    assert await listed(graph, needsAttention=True) == await listed(graph, discarded=False) == [job_id]
    done = await graph.do("discardJobs", PAGE, jobIds=[job_id], reason="Old news.")
    assert (done["__typename"], len(done["changed"])) == ("JobsDiscarded", 1)
    assert await listed(graph, needsAttention=True) == await listed(graph, discarded=False) == []
    assert await listed(graph, discarded=True) == await listed(graph, states=["FAILED"]) == [job_id]
    query = "query($id: ID!) { node(id: $id) { ... on Job { discardedAt failedAt allowedActions } } }"
    found = (await graph.ask(query, id=job_id))["node"]
    assert (found["discardedAt"] > found["failedAt"], found["allowedActions"]) == (True, ["RETRY"])


async def test_a_cursor_of_another_list_is_refused(graph: Graph) -> None:
    answer = await graph.do("cancelJobs", PAGE, filter={}, dryRun=True, after="abc")
    assert (answer["code"], answer["path"]) == ("BAD_CURSOR", ["input", "after"])


async def test_another_workspaces_jobs_are_not_there(graph: Graph, other_graph: Graph) -> None:
    theirs = await failed(other_graph)
    named = await graph.do("replayJobs", PAGE, jobIds=[encode("Job", theirs.id)])
    assert named["__typename"] == "NotFound"
    matched = await graph.do("replayJobs", PAGE, filter={"posts": [encode("Post", theirs.post_id)]})
    assert (matched["matched"], matched["changed"]) == (0, [])
    assert (await other_graph.world.row(theirs.id)).revision == theirs.revision


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("replayJobs", Scope.PUBLISH),
        ("retryJobs", Scope.PUBLISH),
        ("discardJobs", Scope.PUBLISH),
        ("rescheduleJobs", Scope.WRITE_POSTS),
        ("cancelJobs", Scope.WRITE_POSTS),
    ],
)
async def test_each_verb_needs_its_scope(graph: Graph, name: str, scope: Scope) -> None:
    kind = f"{name[0].upper()}{name[1:]}Input"
    given: dict[str, Any] = {"filter": {}, "dryRun": True}
    if name == "rescheduleJobs":
        given["publishAt"] = {"at": (now() + timedelta(days=1)).isoformat()}
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ __typename }} }}"
    enough = await graph.new_key([scope])
    assert (await graph.ask(query, by=enough, input=given))[name]["__typename"].startswith("Jobs")
    weak = await graph.new_key([one for one in Scope if one is not scope])
    assert await graph.code(query, by=weak, input=given) == "FORBIDDEN"
