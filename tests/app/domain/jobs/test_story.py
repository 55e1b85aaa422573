"""A job's life in sentences: by exact words, for every state, end, park reason and fault."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.actions.jobs.transition import PAST
from app.domain.jobs import phrases
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import JobEvent, JobState, JobStep, ParkReason
from app.domain.jobs.story import Deed, Life, Story, tell
from app.kernel.late_policy import LatePolicy
from connectors.faults import FaultKind

S = JobState
NINE = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
KEY = UUID(int=7)
APP = Path(__file__).parents[4] / "app"


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def job(state: JobState = S.SCHEDULED, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "state": state,
        "part": 0,
        "parts": 1,
        "due_at": NINE,
        "ready_at": NINE,
        "wake_at": NINE,
        "publish_by": at(3600),
        "late_policy": LatePolicy.FAIL,
        "quiet_until": None,
        "created_at": at(-60),
        "step": None,
        "park_reason": None,
        "fault": None,
        "url": None,
        "published_at": None,
        "discarded_at": None,
    }
    return Job(**(values | changes))


def life(row: Job, **changes: Any) -> Life:
    values: dict[str, Any] = {
        "planned_by": "key:1",
        "account": "@me on Scripted",
        "zone": ZoneInfo("Europe/Berlin"),
        "names": {"key:1": "“Desk”"},
    }
    return Life(row, **(values | changes))


def attempt(fence: int, start: float, end: float | None, outcome: str | None, **changes: Any) -> JobAttempt:
    values = {"part": 0, "work": "publish", "worker": "w1", "fault": None, "exchanges": []} | changes
    return JobAttempt(
        fence=fence, started_at=at(start), ended_at=None if end is None else at(end), outcome=outcome, **values
    )


def texts(story: Story) -> list[tuple[float, str]]:
    return [((one.at - NINE).total_seconds(), one.text) for one in story.told]


def test_a_post_that_went_out_at_the_second_try() -> None:
    down = {
        "kind": "platform_down",
        "message": "It is down.",
        "hint": "Wait.",
        "status": 503,
        "code": None,
        "words": "x",
    }
    refused = [{"method": "POST", "url": "https://s.example/posts", "sent": True, "status": 503}]
    done = [{"method": "GET", "url": "https://s.example/me", "sent": True, "status": 200}]
    done += [{"method": "POST", "url": "https://s.example/posts", "sent": True, "status": 201}]
    row = job(S.PUBLISHED, url="https://s.example/1", published_at=at(21), wake_at=None)
    story = tell(
        life(
            row,
            parts=[JobPart(position=0, attempt_key=KEY, intended_at=at(20.5))],
            attempts=[
                attempt(1, 0, 1, "back_off", fault=down, exchanges=refused),
                attempt(2, 20, 21, "publish", exchanges=done),
            ],
            events=[Deed(at(-30), "job.rescheduled", "key:1", {"dueAt": NINE.isoformat()})],
        )
    )
    assert texts(story) == [
        (
            -60,
            (
                "The API key “Desk” scheduled it for @me on Scripted; now planned for 2026-07-01 09:00:00 "
                "Europe/Berlin, and to be out by 2026-07-01 10:00:00 Europe/Berlin."
            ),
        ),
        (-30, "The API key “Desk” moved it to 2026-07-01 09:00:00 Europe/Berlin."),
        (0, "Worker w1 took it to publish it. This was try number 1, about part 1 of 1."),
        (
            1,
            (
                "One request, POST https://s.example/posts, was answered with 503. Nothing was published; it was put "
                "off to try again. It is down. (the platform: status 503, x)"
            ),
        ),
        (20, "Worker w1 took it to publish it. This was try number 2, about part 1 of 1."),
        (
            20.5,
            (
                f"The request that publishes part 1 was about to leave, under the key {KEY}. From here on a crash "
                "leaves the outcome unknown."
            ),
        ),
        (
            21,
            (
                "2 requests were made; the last one, POST https://s.example/posts, was answered with 201. The platform "
                "said that it is out."
            ),
        ),
    ]
    assert story.told[3].exchanges == tuple(refused)
    assert story.now == "It is out at https://s.example/1, since 2026-07-01 09:00:21 Europe/Berlin."
    assert (story.next, story.next_at) == ("Nothing more happens.", None)


def test_a_lost_answer_that_a_person_settled() -> None:
    lost = [{"method": "POST", "url": "https://s.example/posts", "sent": True, "status": None}]
    decision = {"resolution": "give_up", "url": None, "reason": "Old news."}
    given_up = {"kind": "given_up", "message": "Old news.", "hint": "Retry it."}
    story = tell(
        life(
            job(S.FAILED, fault=given_up, wake_at=None, discarded_at=at(60)),
            attempts=[
                attempt(1, 0, 1, "lose_answer", exchanges=lost),
                attempt(2, 10, 11, "The platform lists nothing.", work="reconcile"),
                attempt(3, 20, 21, "ask", work="reconcile"),
            ],
            audit=[
                Deed(at(30), "job.resolve", "key:1", decision),
                Deed(at(60), "job.discard", "cli", {"reason": "Seen."}),
                Deed(at(61), "job.unheard_of", "cli", {}),
            ],
        )
    )
    assert texts(story)[2:] == [
        (
            1,
            (
                "One request, POST https://s.example/posts, was not answered. The request was sent and no certain "
                "answer came, so the outcome was unknown."
            ),
        ),
        (10, "Worker w1 asked the platform whether the post is there. This was try number 2, about part 1 of 1."),
        (11, "Nothing certain yet: The platform lists nothing."),
        (20, "Worker w1 asked the platform whether the post is there. This was try number 3, about part 1 of 1."),
        (21, "It could not be found out, so a person was asked."),
        (30, "The API key “Desk” settled it: it is given up. The reason given: Old news."),
        (
            60,
            "An operator, on the command line, took it off the list of dead letters. The reason given: Seen.",
        ),
    ]
    assert story.now == "It has failed and is not out, and was taken off the list of dead letters."
    assert list(story.options) == [
        "A person gave it up; look at the account before you take it up again.",
        *phrases.OPTIONS[S.FAILED],
    ]


@pytest.mark.parametrize(
    ("deed", "text"),
    [
        (
            Deed(at(1), "job.parked", "worker", {"reason": "paused"}),
            "A worker held it back: it waits for the account to be switched on again.",
        ),
        (Deed(at(1), "job.parked", "worker", {"fault": "auth_expired"}), None),
        (Deed(at(1), "job.released", "system"), "system let it go on: what it waited for has happened."),
        (Deed(at(1), "job.cancelled", "key:9"), "The API key that is gone cancelled it."),
        (Deed(at(1), "job.cancelled", "worker"), None),
        (
            Deed(at(1), "job.failed", "worker", {"fault": "missed_window"}),
            "Its window passed, so it failed instead of going out late.",
        ),
        (Deed(at(1), "job.failed", "worker", {"fault": "policy"}), None),
        (Deed(at(1), "job.claimed", "worker"), None),
    ],
)
def test_an_event_is_told_where_no_try_tells_of_it(deed: Deed, text: str | None) -> None:
    told = texts(tell(life(job(), events=[deed])))[1:]
    assert told == ([] if text is None else [(1, text)])


def test_a_try_that_has_not_ended_has_a_beginning_only() -> None:
    row = job(S.PUBLISHING, step=JobStep.PREPARED)
    assert len(tell(life(row, attempts=[attempt(1, 0, None, None)])).told) == 2


def test_what_is_on_its_way_can_only_be_waited_for() -> None:
    row = job(S.PUBLISHING, step=JobStep.SENDING)
    assert list(tell(life(row)).options) == ["Wait for the outcome: it is on its way to the platform."]
    half = job(S.RETRYING, part=1, parts=2)
    assert list(tell(life(half)).options) == [
        "Wait for the rest: parts of it are out, so it is neither cancelled nor moved."
    ]


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (LatePolicy.FAIL, "it fails instead of going out late"),
        (LatePolicy.PUBLISH, "it goes out all the same, late"),
        (LatePolicy.ASK, "a person is asked what becomes of it"),
    ],
)
def test_what_comes_after_the_window_is_what_was_decided(policy: LatePolicy, what: str) -> None:
    told = tell(life(job(S.PARKED, park_reason=ParkReason.BREAKER, late_policy=policy)))
    assert told.next.endswith(f", {what}.")


def test_a_late_job_that_waits_for_a_person_is_not_told_as_an_unknown_outcome() -> None:
    asked = Deed(at(3600), "job.needs_review", "worker", {"fault": "late"})
    told = tell(life(job(S.NEEDS_REVIEW, fault={"kind": "late", "message": "x", "hint": "y"}), events=[asked]))
    assert told.now == "Its window has passed and nothing was sent: a person says what becomes of it."
    assert list(told.options) == ["Settle it with settleLateJob: out now, at a new time, or not at all."]
    assert texts(told)[-1] == (3600, "Its window passed, so a person was asked what becomes of it.")


def test_a_late_job_that_was_settled_says_how() -> None:
    choice = {"choice": "reschedule", "dueAt": at(7200).isoformat()}
    told = tell(life(job(), audit=[Deed(at(3700), "job.settle_late", "key:1", choice)]))
    when = "2026-07-01 11:00:00 Europe/Berlin"
    assert texts(told)[-1] == (3700, f"The API key “Desk” settled it, as it was late: it goes out {when}.")


def test_quiet_hours_are_told() -> None:
    until = at(1800)
    held = Deed(at(0), "job.held", "worker", {"until": until.isoformat()})
    told = tell(life(job(ready_at=until, quiet_until=until), events=[held]))
    assert told.now.startswith("Quiet hours hold it back until ")
    assert texts(told)[-1][1].startswith("Quiet hours held it back until ")


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_says_how_it_stands_what_comes_and_what_to_do(state: JobState) -> None:
    reason = ParkReason.CONNECTION if state is S.PARKED else None
    story = tell(life(job(state, park_reason=reason)))
    for text in (story.now, story.next, *story.options):
        assert text.endswith(".")
        assert "{" not in text
        assert "unknown time" not in text
    assert story.options


@pytest.mark.parametrize("reason", list(ParkReason))
def test_every_park_reason_says_what_is_waited_for_and_how_to_end_it(reason: ParkReason) -> None:
    story = tell(life(job(S.PARKED, park_reason=reason)))
    condition, remedy = phrases.CONDITIONS[reason]
    assert (story.now, story.options[0]) == (f"It waits for {condition}.", remedy)


@pytest.mark.parametrize("event", list(JobEvent))
def test_every_end_of_a_try_is_told(event: JobEvent) -> None:
    told = tell(life(job(), attempts=[attempt(1, 0, 1, event.value)])).told[-1]
    assert told.text == phrases.ENDS[event]


def own_kinds() -> set[str]:
    """The kinds of faults that are ours, wherever one is made."""
    calls = [
        node
        for file in APP.rglob("*.py")
        if "own(" in (source := file.read_text())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "own"
    ]
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}  # type: ignore[misc]  # a word


@pytest.mark.parametrize("kind", [*FaultKind, *sorted(own_kinds())])
def test_every_fault_has_a_remedy(kind: str) -> None:
    fault = {"kind": str(kind), "message": "It failed.", "hint": "Nothing."}
    assert tell(life(job(S.FAILED, fault=fault))).options[0] == phrases.REMEDIES[str(kind)]


def test_no_remedy_is_for_a_fault_that_does_not_exist() -> None:
    assert "given_up" in own_kinds()
    assert set(phrases.REMEDIES) == {*map(str, FaultKind), *own_kinds()}


def test_every_event_that_is_told_can_happen() -> None:
    known = {*PAST.values(), "job.cancel_requested"}
    assert set(phrases.HAPPENED) <= known


@pytest.mark.parametrize(
    "text",
    [*phrases.NOW.values(), *phrases.NEXT.values(), *phrases.HAPPENED.values(), *phrases.DONE.values(), phrases.HELD],
)
def test_a_sentence_asks_for_what_is_filled_in(text: str) -> None:
    asked = {name for _, name, _, _ in Formatter().parse(text) if name}
    filled = {"ready", "wake", "until", "late", "quiet", "condition", "place", "off"}
    assert asked <= {*filled, "who", "due", "reason", "decision"}
