"""The states of a job: pure, no database. A job is one post on one connection.

The same table gives the guards of every UPDATE (`MACHINE.sources`), the diagram in the docs and the model in the
property tests. `wake_at` is the moment at which somebody must look at the row next; it is null exactly in the
final states and in `needs_review`, so that nothing is ever just waiting.
"""

from __future__ import annotations

from enum import StrEnum

from app.kernel.machine import Machine, Transition


class JobState(StrEnum):
    """Where a job is. Each member says who moves it on, and what a crash leaves."""

    SCHEDULED = "scheduled"
    """Waits for its time. Left by a worker's claim, by the user, or parked. A crash changes nothing."""
    PARKED = "parked"
    """Waits for a condition (reconnect, platform, quota). Released when it holds; failed when its window has passed."""
    PUBLISHING = "publishing"
    """One worker, one fence, one lease. After a crash the lease ends: retried if nothing was sent, else unknown."""
    PROCESSING = "processing"
    """The platform works on it. Polled until it is published, failed, or overdue."""
    RETRYING = "retrying"
    """Waits to try again, only after faults that are proved to have had no effect."""
    UNKNOWN = "unknown"
    """Sent, no answer. Reconcile looks it up; nothing is ever sent again without that, or a person."""
    NEEDS_REVIEW = "needs_review"
    """A person settles it: nobody can tell by looking whether it is out, or it is late and nothing was sent."""
    PUBLISHED = "published"
    """Out, with the platform's id. Final."""
    FAILED = "failed"
    """Not out, with the reason. Final until somebody replays it."""
    CANCELLED = "cancelled"
    """Not out, as asked. Final."""


class JobEvent(StrEnum):
    """What moves a job."""

    CLAIM = "claim"
    PARK = "park"
    RELEASE = "release"
    CHECKPOINT = "checkpoint"
    INTEND = "intend"
    PUBLISH_PART = "publish_part"
    PUBLISH = "publish"
    ACCEPT = "accept"
    LOSE_ANSWER = "lose_answer"
    BACK_OFF = "back_off"
    FAIL = "fail"
    ABORT = "abort"
    RESCUE = "rescue"
    RESCUE_SENT = "rescue_sent"
    BURY = "bury"
    OVERDUE = "overdue"
    FIND = "find"
    FIND_PART = "find_part"
    PROVE_ABSENT = "prove_absent"
    ASK = "ask"
    CONFIRM = "confirm"
    CONFIRM_PART = "confirm_part"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    REPLAY = "replay"
    MISS = "miss"
    ASK_LATE = "ask_late"
    TAKE_UP = "take_up"
    HOLD = "hold"


class JobStep(StrEnum):
    """How far the current part has come while it is being published."""

    PREPARED = "prepared"
    MEDIA_UPLOADED = "media_uploaded"
    CONTAINER_CREATED = "container_created"
    SENDING = "sending"
    """The intent is written: from here on a crash leaves the outcome unknown."""


class ParkReason(StrEnum):
    """Which condition a parked job waits for."""

    CONNECTION = "connection"
    """The account must be reconnected."""
    PAUSED = "paused"
    """The account is switched off here."""
    BREAKER = "breaker"
    """The platform is in trouble, or an operator has paused it. It goes out when the platform is back."""
    QUOTA = "quota"
    """The platform's allowance is used up. It goes out when there is room again."""


OF_THE_CONNECTION = (ParkReason.CONNECTION, ParkReason.PAUSED)
"""Reasons that end when the connection can be used again."""
OF_THE_PLATFORM = (ParkReason.BREAKER, ParkReason.QUOTA)
"""Reasons that end by themselves: nobody has to do anything."""


S, E = JobState, JobEvent

FINAL = (S.PUBLISHED, S.FAILED, S.CANCELLED)
"""States that only a person leaves."""
WAITING = (S.SCHEDULED, S.PARKED, S.RETRYING)
"""States in which nothing is under way: the job may be cancelled, moved and rewritten."""
LEASED = (S.PUBLISHING, S.PROCESSING, S.UNKNOWN)
"""States in which a worker may hold a lease."""

MACHINE: Machine[JobState, JobEvent] = Machine(
    "job",
    (
        Transition(
            E.CLAIM,
            (S.SCHEDULED, S.RETRYING),
            S.PUBLISHING,
            "worker",
            "due, connection usable, none other of the connection running",
        ),
        Transition(
            E.PARK,
            (S.SCHEDULED, S.RETRYING, S.PUBLISHING),
            S.PARKED,
            "worker",
            "the condition holds and nothing was sent",
        ),
        Transition(
            E.RELEASE,
            (S.PARKED,),
            S.SCHEDULED,
            "API, monitor or worker",
            "the condition is over and the window is open",
        ),
        Transition(E.CHECKPOINT, (S.PUBLISHING,), S.PUBLISHING, "worker", "fence, lease"),
        Transition(E.INTEND, (S.PUBLISHING,), S.PUBLISHING, "worker", "fence, lease, no cancel asked for"),
        Transition(E.PUBLISH_PART, (S.PUBLISHING,), S.PUBLISHING, "worker", "fence; more parts follow"),
        Transition(E.PUBLISH, (S.PUBLISHING, S.PROCESSING), S.PUBLISHED, "worker", "fence"),
        Transition(E.ACCEPT, (S.PUBLISHING, S.PROCESSING), S.PROCESSING, "worker", "fence"),
        Transition(E.LOSE_ANSWER, (S.PUBLISHING,), S.UNKNOWN, "worker", "fence; the intent was written"),
        Transition(
            E.BACK_OFF, (S.PUBLISHING, S.PROCESSING), S.RETRYING, "worker", "fence; proved to have had no effect"
        ),
        Transition(E.FAIL, (S.PUBLISHING, S.PROCESSING), S.FAILED, "worker", "fence; nobody but the user can mend it"),
        Transition(
            E.ABORT, (S.PUBLISHING,), S.CANCELLED, "worker or rescuer", "cancel was asked for before the intent"
        ),
        Transition(E.RESCUE, (S.PUBLISHING,), S.RETRYING, "rescuer", "lease over, nothing sent"),
        Transition(E.RESCUE_SENT, (S.PUBLISHING,), S.UNKNOWN, "rescuer", "lease over, intent written"),
        Transition(
            E.BURY,
            (S.PUBLISHING, S.UNKNOWN),
            S.FAILED,
            "rescuer or reconcile",
            "nothing is there, and the job kills its workers or the platform refuses it as a duplicate",
        ),
        Transition(E.OVERDUE, (S.PROCESSING,), S.UNKNOWN, "worker", "longer than the platform's limit"),
        Transition(E.FIND, (S.UNKNOWN,), S.PUBLISHED, "reconcile", "found on the platform"),
        Transition(
            E.FIND_PART,
            (S.UNKNOWN, S.PROCESSING),
            S.RETRYING,
            "reconcile or poll",
            "this part is out, more parts follow",
        ),
        Transition(E.PROVE_ABSENT, (S.UNKNOWN,), S.RETRYING, "reconcile", "proved absent after the settle delay"),
        Transition(E.ASK, (S.UNKNOWN,), S.NEEDS_REVIEW, "reconcile", "cannot be told by looking"),
        Transition(E.CONFIRM, (S.NEEDS_REVIEW,), S.PUBLISHED, "a person", "names the post's address"),
        Transition(E.CONFIRM_PART, (S.NEEDS_REVIEW,), S.RETRYING, "a person", "this part is out, more parts follow"),
        Transition(E.SEND_AGAIN, (S.NEEDS_REVIEW,), S.RETRYING, "a person", "new key, audited"),
        Transition(E.GIVE_UP, (S.NEEDS_REVIEW,), S.FAILED, "a person", "audited"),
        Transition(E.CANCEL, WAITING, S.CANCELLED, "API", ""),
        Transition(E.RESCHEDULE, WAITING, S.SCHEDULED, "API", "revision matches"),
        Transition(E.REPLAY, (S.FAILED,), S.SCHEDULED, "API", "new epoch, audited"),
        Transition(E.MISS, WAITING, S.FAILED, "worker", "the window has passed: never silently late"),
        Transition(
            E.ASK_LATE,
            (*WAITING, S.PUBLISHING),
            S.NEEDS_REVIEW,
            "worker",
            "the window has passed, nothing was sent, the user wants to be asked",
        ),
        Transition(E.TAKE_UP, (S.NEEDS_REVIEW,), S.SCHEDULED, "a person", "asked because it was late; audited"),
        Transition(E.HOLD, (S.SCHEDULED, S.RETRYING), S.SCHEDULED, "worker", "quiet hours: not before their end"),
    ),
)
