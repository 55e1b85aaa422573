"""What readiness is made of: the facts about one waiting job, what stands in its way, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.connections.states import ConnectionState
from app.domain.rules.quiet import QuietHours
from app.kernel.late_policy import LatePolicy
from connectors.contract import Problem


class Verdict(StrEnum):
    """Whether a job goes out as things stand."""

    READY = "ready"
    """It goes out at its time."""
    AT_RISK = "at_risk"
    """It may go out late, or needs something to pass first; nobody has to do anything yet."""
    BLOCKED = "blocked"
    """It does not go out unless somebody does something."""


class BlockerCode(StrEnum):
    """What stands in a job's way."""

    PLATFORM_GONE = "platform_gone"
    """The connector of its platform was taken out of this installation."""
    DISCONNECTED = "disconnected"
    """Its account was disconnected, here or on the platform."""
    ACCESS_LOST = "access_lost"
    """Its account must be reconnected."""
    ACCOUNT_PAUSED = "account_paused"
    """Its account is switched off here."""
    TOKEN_ENDS = "token_ends"  # noqa: S105 -- the name of a code, not a secret
    """The access to its account ends before its time, and nothing but a reconnect renews it."""
    RENEWAL_FAILS = "renewal_fails"
    """The last renewals of the access to its account have failed."""
    RIGHT_MISSING = "right_missing"
    """Its account has not granted a right that it needs."""
    MEDIA_MISSING = "media_missing"
    """A file of it was deleted, is not uploaded yet, or cannot be made to fit."""
    COPY_PENDING = "copy_pending"
    """A copy of an image that fits its platform is still to be made."""
    CONTENT_REFUSED = "content_refused"
    """Its platform would refuse the content by the rules of today."""
    PLATFORM_PAUSED = "platform_paused"
    """An operator has switched its platform off."""
    PLATFORM_IN_TROUBLE = "platform_in_trouble"
    """Its platform is in trouble and is left alone for now."""
    ALLOWANCE_SPENT = "allowance_spent"
    """An allowance of its platform has no room for it at its time, counting the jobs before it."""
    QUIET_HOURS = "quiet_hours"
    """Quiet hours hold it back."""
    WINDOW_MISSED = "window_missed"
    """It cannot go out before its window ends."""
    RETRYING = "retrying"
    """A try has failed, and it is tried again."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing in the way, with what to do about it."""

    code: BlockerCode
    verdict: Verdict
    """What it makes of the job: AT_RISK or BLOCKED."""
    message: str
    fix: str
    until: datetime | None = None
    """When it is over by itself, where that is known."""


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """The account of a job, as far as it matters for a post to come."""

    handle: str
    state: ConnectionState
    ends: datetime | None = None
    """When the access ends unless somebody renews it; None: not by itself."""
    renews: bool = False
    """Whether a renewal by this installation moves that end."""
    failures: int = 0
    """Renewals in a row that have failed."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Its platform is not called."""

    reason: str
    until: datetime | None
    """When it is asked whether it is back; None: an operator has switched it off."""


@dataclass(frozen=True, slots=True)
class Room:
    """When the allowances of a platform have room for a job."""

    at: datetime | None
    """None: no waiting helps."""
    name: str = ""
    """The allowance that it waits for longest; empty: it does not wait."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the judge needs to know of one waiting job."""

    job_id: UUID
    platform: str
    """The platform's name."""
    known: bool
    """Whether its connector is installed."""
    at: datetime
    """From when it may go out: its time, the end of a pause between tries, or now."""
    publish_by: datetime
    policy: LatePolicy
    account: AccountSeen
    room: Room
    quiet: QuietHours | None = None
    hold: Hold | None = None
    problems: Sequence[Problem] = ()
    """Why the platform would refuse it: errors only, missing rights among them."""
    copies: Sequence[str] = ()
    """Files of which a copy that fits is still to be made."""
    tried: str | None = None
    """How its last try ended, where it is tried again."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The verdict on one job."""

    job_id: UUID
    verdict: Verdict
    expected_at: datetime | None
    """When it goes out as things stand; None where it does not."""
    blockers: tuple[Blocker, ...]
    """What stands in its way, what blocks it first."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many of the next jobs go out as things stand."""

    until: datetime
    """Jobs that are due before this were looked at."""
    counts: dict[Verdict, int]
    complete: bool
    """False: there are more than were looked at."""
