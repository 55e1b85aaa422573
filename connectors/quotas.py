"""Allowances as data: how many of what in which time, whom the platform counts it for, and when it begins anew.

The ledger of the application reads these rules: it reserves before a post is sent and gives back what was not used.
A platform states a rolling time (the last 24 hours) or a calendar's day or month in its own zone; it counts for an
account or for the whole application; and it may count units of its own instead of posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class QuotaScope(StrEnum):
    """Whom an allowance is for."""

    ACCOUNT = "account"
    """Each connected account has its own."""
    APPLICATION = "application"
    """All accounts of this installation share one."""


class QuotaWindow(StrEnum):
    """When an allowance begins anew."""

    ROLLING = "rolling"
    """What was used comes back after the time, bit by bit."""
    DAY = "day"
    """All of it at midnight in the platform's zone."""
    MONTH = "month"
    """All of it with the month in the platform's zone."""


class QuotaCount(StrEnum):
    """What uses an allowance."""

    POSTS = "posts"
    """Each part of a post."""
    FILES = "files"
    """Each file of a post."""
    CALLS = "calls"
    """Calls of other kinds. It is shown and not reserved: the platform's answers tell when to pause."""


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """An allowance of the platform's: how many of what in which time."""

    name: str
    max: int
    per: timedelta
    source: str = ""
    scope: QuotaScope = QuotaScope.ACCOUNT
    window: QuotaWindow = QuotaWindow.ROLLING
    zone: str = "UTC"
    """IANA name of the zone in which a day or a month begins."""
    counts: QuotaCount = QuotaCount.POSTS
    cost: int = 1
    """Units that each counted thing uses."""
    first_part: bool = False
    """Only the first part counts: the later ones are comments on this platform."""
    option: tuple[str, str] | None = None
    """Only posts whose option of that name has that value count."""


@dataclass(frozen=True, slots=True)
class QuotaFigure:
    """What a platform itself says of an allowance. It overrides what was counted here."""

    name: str
    used: int
    max: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the posts of one account may follow each other: so many a second, and so many at once."""

    per_second: float = 5.0
    burst: int = 100


USUAL_PACE = Pace()
