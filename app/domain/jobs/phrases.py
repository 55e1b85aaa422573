"""The sentences that a job's life is told in: one for every state, end of a try, park reason and fault. Pure.

Words in braces are filled in by `story.py`. A test asks for every member of every enum, so that nothing new is silent.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.jobs.states import JobEvent, JobState, ParkReason
from app.kernel.late_policy import LatePolicy
from connectors.faults import FaultKind

E, S, K = JobEvent, JobState, FaultKind

NOW: Mapping[JobState, str] = {
    S.SCHEDULED: "It waits for its time, {ready}.",
    S.PARKED: "It waits for {condition}.",
    S.PUBLISHING: "A worker is publishing it now.",
    S.PROCESSING: "The platform has it and is still working on it.",
    S.RETRYING: "Nothing of the last try was published; it waits for the next one.",
    S.UNKNOWN: "It was sent and no answer came: nobody knows yet whether it is out.",
    S.NEEDS_REVIEW: "Nobody could find out whether it is out: a person has to look.",
    S.PUBLISHED: "It is out{place}.",
    S.FAILED: "It has failed and is not out{off}.",
    S.CANCELLED: "It was cancelled before it was sent.",
}
"""How it stands."""
NEXT: Mapping[JobState, str] = {
    S.SCHEDULED: "A worker takes it at {wake}.",
    S.PARKED: "It goes out when that has happened. If that is not before {until}, {late}.",
    S.PUBLISHING: "If its worker dies, others find out at {wake} and go on from what is proved.",
    S.PROCESSING: "The platform is asked again at {wake}.",
    S.RETRYING: "It is tried again at {ready}. If it is not out by {until}, {late}.",
    S.UNKNOWN: "The platform is asked at {wake} whether the post is there. It is not sent again before that is known.",
    S.NEEDS_REVIEW: "Nothing happens by itself.",
    S.PUBLISHED: "Nothing more happens.",
    S.FAILED: "Nothing happens by itself.",
    S.CANCELLED: "Nothing more happens.",
}
"""What happens next, and when."""
LATE: Mapping[LatePolicy, str] = {
    LatePolicy.FAIL: "it fails instead of going out late",
    LatePolicy.PUBLISH: "it goes out all the same, late",
    LatePolicy.ASK: "a person is asked what becomes of it",
}
"""What follows when its window has passed."""
LATE_NOW = "Its window has passed and nothing was sent: a person says what becomes of it."
LATE_OPTIONS = ("Settle it with settleLateJob: out now, at a new time, or not at all.",)
"""How a job stands that waits for a person because it is late, and what that person can do."""
HELD = "Quiet hours hold it back until {quiet}."
"""How a job stands that waits for the end of quiet hours."""
_WAITS = ("Cancel it with cancelJob.", "Move it with rescheduleJob, or change its content with updatePost.")
OPTIONS: Mapping[JobState, tuple[str, ...]] = {
    S.SCHEDULED: _WAITS,
    S.PARKED: _WAITS,
    S.PUBLISHING: ("Ask to cancel it with cancelJob: granted as long as nothing was sent.",),
    S.PROCESSING: ("Wait for the platform; afterwards deletePublishedPost removes it where the platform can.",),
    S.RETRYING: _WAITS,
    S.UNKNOWN: ("Wait for the answer. To send it again now could double it.",),
    S.NEEDS_REVIEW: (
        "Look at the account on the platform. If the post is there, settle it with resolveJob CONFIRM and its address.",
        "If it is not there, settle it with SEND_AGAIN to post it anew, or with GIVE_UP to leave it.",
    ),
    S.PUBLISHED: ("Change or remove it with editPublishedPost or deletePublishedPost, where the platform can.",),
    S.FAILED: (
        "Take it up again with replayJobs, which checks it first, or with retryJob, which takes your word for it.",
        "Take it off the list of dead letters with discardJobs.",
    ),
    S.CANCELLED: ("Schedule the content again with schedulePost.",),
}
"""What a person can do."""
CONDITIONS: Mapping[ParkReason, tuple[str, str]] = {
    ParkReason.CONNECTION: ("the account to be reconnected", "Reconnect the account with reconnectConnection."),
    ParkReason.PAUSED: ("the account to be switched on again", "Switch the account on with resumeConnection."),
    ParkReason.QUOTA: ("room in what the platform allows", "Wait for the room, or move other posts of the account."),
    ParkReason.BREAKER: ("the platform to be called again", "Wait: health.platforms says why it is left alone."),
}
"""What a parked job waits for, and what a person can do about it."""
WORKS: Mapping[str, str] = {
    "publish": "Worker {worker} took it to publish it.",
    "poll": "Worker {worker} asked the platform how it is coming along.",
    "reconcile": "Worker {worker} asked the platform whether the post is there.",
}
"""What a try set out to do."""
ENDS: Mapping[JobEvent, str] = {
    E.CLAIM: "It was taken.",
    E.PARK: "It was held back until its account and its platform can be used.",
    E.RELEASE: "It was let go on.",
    E.CHECKPOINT: "A step of the preparation was kept.",
    E.INTEND: "The request was about to leave.",
    E.PUBLISH_PART: "This part is out, and more follow.",
    E.PUBLISH: "The platform said that it is out.",
    E.ACCEPT: "The platform took it and works on it.",
    E.LOSE_ANSWER: "The request was sent and no certain answer came, so the outcome was unknown.",
    E.BACK_OFF: "Nothing was published; it was put off to try again.",
    E.FAIL: "Nothing was published, and trying again would not help: it failed.",
    E.ABORT: "It stopped before anything was sent, because somebody had asked to cancel it.",
    E.RESCUE: "The worker died before anything was sent; another one goes on.",
    E.RESCUE_SENT: "The worker died after the request was about to leave, so the outcome was unknown.",
    E.BURY: "Nothing of it is there, and another try would end the same way, so it failed.",
    E.OVERDUE: "The platform had not finished in its time, so the outcome was unknown.",
    E.FIND: "The post was found on the platform: it is out.",
    E.FIND_PART: "This part was found on the platform, and more follow.",
    E.PROVE_ABSENT: "The post is proved not to be there; it is sent again under the same key.",
    E.ASK: "It could not be found out, so a person was asked.",
    E.CONFIRM: "A person said where it is.",
    E.CONFIRM_PART: "A person said where this part is, and more follow.",
    E.SEND_AGAIN: "A person had it sent again.",
    E.GIVE_UP: "A person gave it up.",
    E.CANCEL: "It was cancelled.",
    E.RESCHEDULE: "It was moved.",
    E.REPLAY: "It was taken up again.",
    E.MISS: "Its window passed, so it failed instead of going out late.",
    E.ASK_LATE: "Its window passed, so a person was asked what becomes of it.",
    E.TAKE_UP: "A person had it sent although it was late.",
    E.HOLD: "Quiet hours held it back.",
}
"""What a try, or whatever else moved the job, ended with."""
REMEDIES: Mapping[str, str] = {
    K.AUTH_EXPIRED: "Reconnect the account.",
    K.PERMISSION_MISSING: "Reconnect the account and grant the missing right.",
    K.ACCOUNT_GONE: "Mend the account on the platform, then reconnect it.",
    K.RATE_LIMITED: "Time mends it: the platform asked for a pause.",
    K.QUOTA_EXHAUSTED: "Time mends it: the allowance of the account is used up.",
    K.INVALID_CONTENT: "Change the text or the options and schedule it as a new post.",
    K.INVALID_MEDIA: "Replace the file and schedule it as a new post.",
    K.POLICY: "Read the platform's rules: it will refuse the same content again.",
    K.DUPLICATE: "Look whether the same text is there already.",
    K.NOT_FOUND: "Look whether what it answers or belongs to still exists.",
    K.UNREACHABLE: "Time mends it, unless the address of the server is wrong.",
    K.NO_ANSWER: "Nothing to do before the platform was asked.",
    K.PLATFORM_DOWN: "Time mends it: the platform is in trouble.",
    K.UNEXPECTED_ANSWER: "Tell the operator: the answer is not of the documented form.",
    K.FORBIDDEN_ADDRESS: "Correct the address, or let the operator allow it with POSTD_EGRESS_ALLOW.",
    "missed_window": "Choose a new time, or publish it now.",
    "late": "Settle it with settleLateJob.",
    "dropped": "Somebody let it go when it had missed its window; retryJob takes it up after all.",
    "worker_crashed": "Let the operator look at the attached files first: publishing it ended its worker.",
    "given_up": "A person gave it up; look at the account before you take it up again.",
    "outcome_unknown": "Look at the account on the platform, then settle it with resolveJob.",
    "processing_overdue": "Nothing to do: it is looked for.",
}
"""What mends a fault, by its kind."""
ACTORS: Mapping[str, str] = {
    "key": "The API key {name}",
    "person": "A member of the workspace",
    "cli": "An operator, on the command line,",
    "worker": "A worker",
    "rescuer": "The rescuer",
    "scheduler": "The scheduler",
    "monitor": "The monitor of accounts",
    "platform": "The platform",
}
"""Who did it; others are named as they are."""
HAPPENED: Mapping[str, str] = {
    "job.rescheduled": "{who} moved it to {due}.",
    "job.parked": "{who} held it back: it waits for {condition}.",
    "job.released": "{who} let it go on: what it waited for has happened.",
    "job.held": "Quiet hours held it back until {until}.",
    "job.needs_review": "Its window passed, so a person was asked what becomes of it.",
    "job.cancel_requested": "{who} asked to cancel it while a worker prepared it.",
    "job.cancelled": "{who} cancelled it.",
    "job.failed": "Its window passed, so it failed instead of going out late.",
}
"""Events that no try tells of."""
DONE: Mapping[str, str] = {
    "job.retry": "{who} took it up again, for {due}.",
    "job.discard": "{who} took it off the list of dead letters.{reason}",
    "job.drop": "{who} let it go when it had missed its window.",
    "job.resolve": "{who} settled it: {decision}",
    "job.settle_late": "{who} settled it, as it was late: {decision}",
    "job.edit_published": "{who} changed the post on the platform.",
    "job.delete_published": "{who} deleted the post on the platform.",
}
"""What people did, from the audit log, which is kept longer than events."""
DECISIONS: Mapping[str, str] = {
    "confirm": "it is out at {url}.",
    "send_again": "it is not there, and is sent again under a new key.",
    "give_up": "it is given up.{reason}",
    "publish_now": "it goes out at once.",
    "reschedule": "it goes out {due}.",
    "drop": "it does not go out.",
}
"""What a person decided about an unknown outcome, or about a job that is late."""
