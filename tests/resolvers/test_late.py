"""Late jobs and the rules of publishing, over the API."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.actions.jobs.park import miss
from app.domain.jobs.model import Job
from app.domain.jobs.states import JobState
from app.kernel.late_policy import LatePolicy
from schema.node import encode
from tests.fixtures.graph import Graph
from tests.fixtures.world import now

REVIEW = "... on Node { id } ... on Job { state reviewReason allowedActions latePolicy explanation }"
SETTLED = "... on LateJobSettled { job { state fault { kind } } } ... on JobNotLate { code hint job { state } }"
RULES = "{ afterPublishBy quietHours { zone windows { start end days } } }"
NOTICES = "notices { message clock asked at }"


async def asked(graph: Graph) -> Job:
    job = await graph.world.job(late_policy=LatePolicy.ASK)
    await graph.world.set(job.id, publish_by=now() - timedelta(seconds=1))
    async with graph.world.db.transaction(graph.world.tenant) as session:
        await miss(session, job.id)
    return job


async def test_a_post_says_what_follows_when_it_is_late(graph: Graph) -> None:
    targets = [{"connectionId": encode("Connection", (await graph.account()).id)}]
    fields = "... on PostScheduled { post { latePolicy jobs { latePolicy } } }"
    answer = await graph.do(
        "schedulePost", fields, content={"text": "Hello"}, targets=targets, afterPublishBy="PUBLISH"
    )
    assert answer["post"] == {"latePolicy": "PUBLISH", "jobs": [{"latePolicy": "PUBLISH"}]}


async def test_a_late_job_says_why_it_waits_and_what_can_be_done(graph: Graph) -> None:
    job = await asked(graph)
    found = await graph.ask(f"query($id: ID!) {{ node(id: $id) {{ {REVIEW} }} }}", id=encode("Job", job.id))
    assert found["node"]["reviewReason"] == "LATE"
    assert found["node"]["allowedActions"] == ["SETTLE_LATE"]
    assert found["node"]["explanation"][-1].startswith("A person says whether it goes out")


async def test_it_is_settled_once(graph: Graph) -> None:
    job = await asked(graph)
    key = encode("Job", job.id)
    done = await graph.do("settleLateJob", SETTLED, jobId=key, choice="PUBLISH_NOW")
    assert done["job"] == {"state": "SCHEDULED", "fault": None}
    again = await graph.do("settleLateJob", SETTLED, jobId=key, choice="DROP")
    assert (again["code"], again["job"]["state"]) == ("JOB_NOT_LATE", "SCHEDULED")


async def test_a_new_time_belongs_to_a_move(graph: Graph) -> None:
    job = await asked(graph)
    fields = "... on InvalidInput { path } ... on LateJobSettled { job { dueAt } }"
    due = (now() + timedelta(days=1)).replace(microsecond=0)
    refused = await graph.do("settleLateJob", fields, jobId=encode("Job", job.id), choice="RESCHEDULE")
    assert refused["path"] == ["input", "publishAt"]
    assert (await graph.world.row(job.id)).state is JobState.NEEDS_REVIEW
    at = {"at": due.isoformat()}
    moved = await graph.do("settleLateJob", fields, jobId=encode("Job", job.id), choice="RESCHEDULE", publishAt=at)
    assert datetime.fromisoformat(moved["job"]["dueAt"]) == due


async def test_rules_are_decided_and_read(graph: Graph) -> None:
    quiet = {"zone": "Europe/Berlin", "windows": [{"start": "22:00", "end": "07:00", "days": ["FRIDAY", "MONDAY"]}]}
    fields = f"... on PublishingRulesDecided {{ rules {RULES} }} ... on InvalidInput {{ path message }}"
    decided = await graph.do("decidePublishingRules", fields, afterPublishBy="ASK", quietHours=quiet)
    shown = {**quiet, "windows": [{"start": "22:00", "end": "07:00", "days": ["MONDAY", "FRIDAY"]}]}
    assert decided["rules"] == {"afterPublishBy": "ASK", "quietHours": shown}
    assert (await graph.ask(f"{{ publishingRules {RULES} }}"))["publishingRules"] == decided["rules"]
    account = encode("Connection", (await graph.account()).id)
    own = await graph.ask(f"query($id: ID!) {{ publishingRules(connectionId: $id) {RULES} }}", id=account)
    assert own["publishingRules"] == {"afterPublishBy": None, "quietHours": None}


async def test_rules_that_cannot_be_meant_are_refused(graph: Graph) -> None:
    fields = "... on InvalidInput { path }"
    bad = {"zone": "UTC", "windows": [{"start": "25:00", "end": "07:00"}]}
    always = {"zone": "UTC", "windows": [{"start": "00:00", "end": "00:00"}]}
    account = encode("Connection", (await graph.account()).id)
    assert (await graph.do("decidePublishingRules", fields, quietHours=bad))["path"][1] == "quietHours"
    assert (await graph.do("decidePublishingRules", fields, quietHours=always))["path"] == ["input", "quietHours"]
    answer = await graph.do("decidePublishingRules", fields, connectionId=account, afterPublishBy="ASK")
    assert answer["path"] == ["input", "afterPublishBy"]
    rules = (await graph.ask(f"{{ publishingRules {RULES} }}"))["publishingRules"]
    assert rules == {"afterPublishBy": None, "quietHours": None}


async def test_a_wait_in_quiet_hours_is_told_as_it_is_planned(graph: Graph) -> None:
    quiet = {"zone": "Europe/Berlin", "windows": [{"start": "22:00", "end": "07:00"}]}
    await graph.do("decidePublishingRules", "__typename", quietHours=quiet)
    targets = [{"connectionId": encode("Connection", (await graph.account()).id)}]
    at = {"local": {"time": "2027-06-01T23:00", "zone": "Europe/Berlin"}}
    planned = {"content": {"text": "Hello"}, "targets": targets, "publishAt": at}
    for mutation, kind in (("validatePost", "PostValid"), ("schedulePost", "PostScheduled")):
        found = await graph.do(mutation, f"... on {kind} {{ {NOTICES} }}", **planned)
        [notice] = found["notices"]
        assert "it waits until 2027-06-02 07:00 (Europe/Berlin). That is after its window" in notice["message"]
        assert datetime.fromisoformat(notice["at"]) == datetime.fromisoformat("2027-06-02T05:00+00:00")


async def test_a_local_time_that_does_not_exist_is_told_with_what_it_became(graph: Graph) -> None:
    targets = [{"connectionId": encode("Connection", (await graph.account()).id)}]
    at = {"local": {"time": "2027-03-28T02:30", "zone": "Europe/Berlin"}}
    fields = f"... on PostValid {{ {NOTICES} }}"
    found = await graph.do("validatePost", fields, content={"text": "Hello"}, targets=targets, publishAt=at)
    [notice] = found["notices"]
    assert (notice["clock"], notice["asked"][:16]) == ("MISSING", "2027-03-28T02:30")
    assert datetime.fromisoformat(notice["at"]) == datetime.fromisoformat("2027-03-28T01:30+00:00")
