"""A job's whole life in sentences, in the order of time: pure, from its rows.

Tries are told from their own lines, which are kept as long as the job; what people did from the audit log; the rest
from events, for as long as those are kept. Each end of a try carries what was said to the platform, as it was stored:
redacted and cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.jobs import phrases
from app.domain.jobs.late import ReviewReason, review_reason
from app.domain.jobs.model import Job, JobAttempt, JobPart
from app.domain.jobs.states import JobState, JobStep, ParkReason

ENDS = {event.value: text for event, text in phrases.ENDS.items()}
OWN_DOING = ("worker", "rescuer")
"""Who cancels only what was asked for, and tells of it by the try."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An event, or a line of the audit log."""

    at: datetime
    kind: str
    actor: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Life:
    """The rows that a story is told from."""

    job: Job
    planned_by: str
    account: str
    """The account's name on its platform, e.g. `@me on Bluesky`."""
    zone: ZoneInfo
    """The clock that moments are told by."""
    parts: Sequence[JobPart] = ()
    attempts: Sequence[JobAttempt] = ()
    events: Sequence[Deed] = ()
    audit: Sequence[Deed] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """Actor -> the name of its API key."""

    def moment(self, at: datetime | None) -> str:
        """A moment by the clock of the story's zone."""
        return "an unknown time" if at is None else f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S} {self.zone.key}"

    def who(self, actor: str) -> str:
        """An actor as the subject of a sentence."""
        kind = actor.partition(":")[0]
        text = phrases.ACTORS.get(kind, actor)
        return text.format(name=self.names.get(actor, "that is gone"))


@dataclass(frozen=True, slots=True)
class Told:
    """One moment of the life."""

    at: datetime
    text: str
    exchanges: tuple[Mapping[str, Any], ...] = ()
    """What was said to the platform, where the moment is the end of a try."""


@dataclass(frozen=True, slots=True)
class Story:
    """The whole of it."""

    told: Sequence[Told]
    now: str
    next: str
    next_at: datetime | None
    options: Sequence[str]


def tell(life: Life) -> Story:
    """Tell a job's life: what happened, how it stands, what happens next, and what a person can do."""
    moments = [_beginning(life), *_tries(life), *_intents(life), *_events(life), *_audit(life)]
    job = life.job
    return Story(
        told=sorted(moments, key=lambda one: one.at),
        now=_filled(_standing(life), life),
        next=_filled(phrases.NEXT[job.state], life),
        next_at=job.wake_at,
        options=list(_options(job)),
    )


def _standing(life: Life) -> str:
    job = life.job
    if review_reason(job) is ReviewReason.LATE:
        return phrases.LATE_NOW
    # Quiet hours that are over are forgotten by the next change of the row, not by the clock.
    held = job.quiet_until is not None and job.quiet_until == job.ready_at
    return phrases.HELD if held and job.state is JobState.SCHEDULED else phrases.NOW[job.state]


def _beginning(life: Life) -> Told:
    job = life.job
    many = f" in {job.parts} parts" if job.parts > 1 else ""
    plan = f"now planned for {life.moment(job.due_at)}, and to be out by {life.moment(job.publish_by)}"
    return Told(job.created_at, f"{life.who(life.planned_by)} scheduled it for {life.account}{many}; {plan}.")


def _tries(life: Life) -> Iterator[Told]:
    for row in life.attempts:
        number = f" This was try number {row.fence}, about part {row.part + 1} of {life.job.parts}."
        yield Told(row.started_at, phrases.WORKS[row.work].format(worker=row.worker) + number)
        if row.ended_at is None and row.outcome is None:
            continue
        end = ENDS.get(row.outcome or "", f"Nothing certain yet: {row.outcome}")
        texts = [_spoken(row.exchanges), end, _fault(row.fault)]
        yield Told(row.ended_at or row.started_at, " ".join(text for text in texts if text), tuple(row.exchanges))


def _spoken(exchanges: Sequence[Mapping[str, Any]]) -> str:
    """The last thing that was said to the platform."""
    if not exchanges:
        return ""
    last, count = exchanges[-1], len(exchanges)
    asked = f"{last['method']} {last['url']}"
    answered = f"was answered with {last['status']}" if last.get("status") else "was not answered"
    before = f"{count} requests were made; the last one, {asked}," if count > 1 else f"One request, {asked},"
    return f"{before} {answered if last.get('sent') else 'did not leave'}."


def _intents(life: Life) -> Iterator[Told]:
    for part in life.parts:
        if part.intended_at is not None:
            text = f"The request that publishes part {part.position + 1} was about to leave, under the key"
            yield Told(part.intended_at, f"{text} {part.attempt_key}. From here on a crash leaves the outcome unknown.")


def _events(life: Life) -> Iterator[Told]:
    for one in life.events:
        text = phrases.HAPPENED.get(one.kind)
        if text is None or _told_otherwise(one):
            continue
        yield Told(one.at, _about(text, one, life))


def _told_otherwise(one: Deed) -> bool:
    """Whether a try tells of it."""
    if one.kind == "job.parked":
        return "reason" not in one.details
    if one.kind == "job.cancelled":
        return one.actor in OWN_DOING
    by_the_window = {"job.failed": "missed_window", "job.needs_review": "late"}
    return one.kind in by_the_window and one.details.get("fault") != by_the_window[one.kind]


def _audit(life: Life) -> Iterator[Told]:
    for one in life.audit:
        if one.kind in phrases.DONE:
            yield Told(one.at, _about(phrases.DONE[one.kind], one, life))


def _about(text: str, one: Deed, life: Life) -> str:
    details = one.details
    due = _said(details, "dueAt", life)
    reason = f" The reason given: {details['reason']}" if details.get("reason") else ""
    decision = phrases.DECISIONS.get(details.get("resolution") or details.get("choice") or "", "")
    parked = details.get("reason", "") if one.kind == "job.parked" else ""
    return text.format(
        who=life.who(one.actor),
        due=due,
        until=_said(details, "until", life),
        condition=phrases.CONDITIONS[ParkReason(parked)][0] if parked else "",
        decision=decision.format(url=details.get("url"), reason=reason, due=due),
        reason=reason,
    )


def _said(details: Mapping[str, Any], name: str, life: Life) -> str:
    """A moment that an event names."""
    return life.moment(datetime.fromisoformat(details[name]) if details.get(name) else None)


def _fault(fault: Mapping[str, Any] | None) -> str:
    if fault is None:
        return ""
    status = f"status {fault['status']}" if fault.get("status") else None
    known = ", ".join(text for text in (status, fault.get("code"), fault.get("words")) if text)
    return f"{fault['message']}{f' (the platform: {known})' if known else ''}"


def _filled(text: str, life: Life) -> str:
    job = life.job
    return text.format(
        ready=life.moment(job.ready_at),
        wake=life.moment(job.wake_at),
        until=life.moment(job.publish_by),
        late=phrases.LATE[job.late_policy],
        quiet=life.moment(job.quiet_until),
        condition=phrases.CONDITIONS[job.park_reason][0] if job.park_reason else "",
        place=f" at {job.url}, since {life.moment(job.published_at)}" if job.url else "",
        off=", and was taken off the list of dead letters" if job.discarded_at else "",
    )


def _options(job: Job) -> Iterator[str]:
    if job.park_reason is not None:
        yield phrases.CONDITIONS[job.park_reason][1]
    if job.fault is not None and job.state in (JobState.FAILED, JobState.RETRYING):
        yield phrases.REMEDIES.get(job.fault["kind"], job.fault["hint"])
    if job.state is JobState.PUBLISHING and job.step is JobStep.SENDING:
        yield "Wait for the outcome: it is on its way to the platform."
        return
    if job.part > 0 and job.state in (JobState.SCHEDULED, JobState.PARKED, JobState.RETRYING):
        yield "Wait for the rest: parts of it are out, so it is neither cancelled nor moved."
        return
    late = review_reason(job) is ReviewReason.LATE
    yield from phrases.LATE_OPTIONS if late else phrases.OPTIONS[job.state]
