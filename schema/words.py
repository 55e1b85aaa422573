"""Enums of the API: the application's own, under their names, with the sentences that stand beside their members.

The sentence after a member in the source is its description in the API, so that there is one text and not two.
Members without one get theirs here.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from enum import StrEnum
from textwrap import dedent

import strawberry

from app.actions.jobs.settle_late import LateChoice
from app.domain.connections.states import ConnectionState
from app.domain.jobs.late import ReviewReason
from app.domain.jobs.review import Resolution
from app.domain.jobs.states import JobState, JobStep, ParkReason
from app.domain.keys.model import Scope
from app.domain.media.model import MediaState
from app.domain.posts.planned_time import TimeNotice
from app.domain.posts.states import PostState
from app.flows.publishing.copies import CopyNeed
from app.flows.publishing.missed import MissedAction
from app.kernel.late_policy import LatePolicy
from connectors.capabilities import ConnectBy, FieldKind, FormatKey, MediaKind, ReconcileClass, Unit
from connectors.contract import Severity
from connectors.quotas import QuotaCount, QuotaScope, QuotaWindow
from connectors.scopes import ScopeUse


def sentences(kind: type[StrEnum]) -> dict[str, str]:
    """The string that follows each member in the source of an enum."""
    (body,) = ast.parse(dedent(inspect.getsource(kind))).body
    found: dict[str, str] = {}
    member = ""
    for statement in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            member = statement.targets[0].id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and member:
            found[member] = " ".join(str(statement.value.value).split())
    return found


def offer(kind: type[StrEnum], description: str, more: Mapping[str, str] | None = None, *, name: str = "") -> None:
    """Make an enum part of the API. `more` describes the members that have no sentence of their own."""
    strawberry.enum(kind, name=name or kind.__name__, description=description)
    texts = sentences(kind) | dict(more or {})
    for value in kind.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by strawberry.enum
        value.description = texts[value.name]


offer(ConnectionState, "Whether an account can be used, and who has to act.")
offer(PostState, "What a planner shows of a post: it follows from the states of its jobs.")
offer(LatePolicy, "What happens when a job has not gone out within its window.")
offer(ReviewReason, "Why a job waits for a person.")
offer(LateChoice, "What becomes of a job that is late.")
offer(JobState, "Where a job is. A job is one post on one connection.")
offer(
    JobStep,
    "How far the current part has come while it is being published.",
    {
        "PREPARED": "A worker has taken the job; nothing was sent yet.",
        "MEDIA_UPLOADED": "The files are on the platform; the post is not.",
        "CONTAINER_CREATED": "The platform holds a draft that nobody sees.",
    },
)
offer(ParkReason, "Which condition a parked job waits for.")
offer(QuotaScope, "Whom an allowance is for.")
offer(QuotaWindow, "When an allowance begins anew.")
offer(QuotaCount, "What uses an allowance.")
offer(Scope, "What an API key may do.", name="KeyScope")
offer(MediaState, "Whether a file can be used.")
offer(CopyNeed, "What is known of the copy of a file that one platform needs.", name="MediaCopyState")
offer(
    TimeNotice,
    "What was unusual about a local time on the day that clocks change.",
    {
        "MISSING": "It did not exist: the instant is as far after the gap as the time is inside it.",
        "AMBIGUOUS": "It existed twice: the first of the two instants is taken.",
    },
)
offer(
    Resolution,
    "What a person decides about a job whose outcome nobody could find out.",
    {
        "CONFIRM": "The post is on the platform: give its address.",
        "SEND_AGAIN": "The post is not there: send it again, knowingly.",
        "GIVE_UP": "Leave it: the job fails.",
    },
)
offer(
    Unit,
    "What a limit counts.",
    {"COUNT": "Things, e.g. files.", "PIXELS": "Pixels of an image.", "SECONDS": "Seconds."},
)
offer(
    FormatKey,
    "What kind of post it is.",
    {
        "TEXT": "Text alone.",
        "IMAGE": "One or more images, with text.",
        "VIDEO": "A video or a sound, with text.",
        "LINK": "A link that is shown as a card.",
        "POLL": "A question with answers to choose from.",
        "THREAD": "Several parts: each answers the one before, or stands as a comment under the first.",
        "CAROUSEL": "Several files to leaf through.",
        "REEL": "A short upright video in the platform's own stream of them.",
        "STORY": "One file that is shown for a day.",
        "DOCUMENT": "A file to leaf through, such as a PDF.",
    },
)
offer(
    MediaKind,
    "What kind of file it is, found out from its bytes.",
    {
        "IMAGE": "A picture.",
        "VIDEO": "A moving picture.",
        "AUDIO": "A sound.",
        "DOCUMENT": "A text or slides, e.g. a PDF.",
    },
)
offer(
    ConnectBy,
    "How an account is connected.",
    {
        "OAUTH": "The user signs in on the platform and comes back.",
        "APP_PASSWORD": "The user gives a password that the platform makes for applications.",
        "PAGE": "The user signs in where the page is that the account belongs to (Instagram by its Facebook page).",
    },
    name="ConnectBy",
)
offer(ReconcileClass, "What settles a publish whose answer was lost.")
offer(
    FieldKind,
    "How a connect form shows a field.",
    {
        "TEXT": "Plain text.",
        "SECRET": "Hidden while it is typed.",
        "URL": "The address of a server.",
    },
)
offer(ScopeUse, "What does not work without a right.")
offer(MissedAction, "What becomes of posts that missed their window.")
offer(
    Severity,
    "Whether a problem stops the post.",
    {
        "ERROR": "The platform would refuse the post.",
        "WARNING": "The post goes out, but perhaps not as meant.",
    },
)
