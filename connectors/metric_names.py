"""One vocabulary for figures: every metric's name, what it counts, and whether it may be added up.

Promise: a connector gives figures under these names and no others, and declares which of them its platform gives and
what the platform calls them (`Given`). A figure that a platform does not give is absent: nothing here stands for zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class MetricName(StrEnum):
    """What is counted."""

    IMPRESSIONS = "impressions"
    """How often it was shown to somebody."""
    VIEWS = "views"
    """How often it was seen or played, as the platform counts it."""
    REACH = "reach"
    """How many different people it was shown to."""
    LIKES = "likes"
    """Likes, favourites and reactions of every kind."""
    COMMENTS = "comments"
    """Comments and public answers."""
    SHARES = "shares"
    """Shares, reposts and boosts, without words of their own."""
    QUOTES = "quotes"
    """Shares with words of their own."""
    SAVES = "saves"
    """How often it was saved or bookmarked."""
    CLICKS = "clicks"
    """Clicks on it or on its links."""
    REPLIES = "replies"
    """Private answers to a story."""
    ENGAGEMENTS = "engagements"
    """The platform's own sum of what people did with it."""
    NEW_FOLLOWERS = "new_followers"
    """How many began to follow."""
    PROFILE_VISITS = "profile_visits"
    """Visits to the profile that came from it."""
    AVERAGE_WATCH_MS = "average_watch_ms"
    """How long it was watched on the average."""
    FOLLOWERS = "followers"
    """How many follow the account."""
    FOLLOWING = "following"
    """How many the account follows."""
    POSTS = "posts"
    """How many posts the account shows."""
    PAGE_LIKES = "page_likes"
    """How many like the page."""
    PAGE_VIEWS = "page_views"
    """How often the account's page was opened."""
    ACCOUNTS_ENGAGED = "accounts_engaged"
    """How many different people did something with the account's content."""


class MetricUnit(StrEnum):
    """What one of it is."""

    COUNT = "count"
    """Occurrences."""
    PEOPLE = "people"
    """Different people: whoever comes twice is counted once, so sums count people again."""
    MILLISECONDS = "milliseconds"
    """Time."""


class MetricKind(StrEnum):
    """How a figure relates to time."""

    COUNTER = "counter"
    """Everything since the post went out; the newest figure holds it all."""
    GAUGE = "gauge"
    """What is the case at the moment; the newest figure counts."""
    DELTA = "delta"
    """What came within one day; days are added up."""
    AVERAGE = "average"
    """A mean over all occurrences; it is never added up."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    unit: MetricUnit
    of_post: MetricKind | None = None
    """How it behaves as a figure of a post; None: posts have none."""
    of_account: MetricKind | None = None
    """How it behaves as a figure of an account; None: accounts have none."""

    @property
    def adds_up(self) -> bool:
        """Whether a sum over posts or days counts nothing twice."""
        return self.unit is MetricUnit.COUNT


_COUNTED: Final = Metric(MetricUnit.COUNT, MetricKind.COUNTER)
_BOTH: Final = Metric(MetricUnit.COUNT, MetricKind.COUNTER, MetricKind.DELTA)
_STATE: Final = Metric(MetricUnit.COUNT, of_account=MetricKind.GAUGE)

METRICS: Final[Mapping[MetricName, Metric]] = {
    MetricName.IMPRESSIONS: _BOTH,
    MetricName.VIEWS: _BOTH,
    MetricName.REACH: Metric(MetricUnit.PEOPLE, MetricKind.COUNTER, MetricKind.DELTA),
    MetricName.LIKES: _BOTH,
    MetricName.COMMENTS: _BOTH,
    MetricName.SHARES: _BOTH,
    MetricName.QUOTES: _COUNTED,
    MetricName.SAVES: _COUNTED,
    MetricName.CLICKS: _BOTH,
    MetricName.REPLIES: _COUNTED,
    MetricName.ENGAGEMENTS: _BOTH,
    MetricName.NEW_FOLLOWERS: _BOTH,
    MetricName.PROFILE_VISITS: _COUNTED,
    MetricName.AVERAGE_WATCH_MS: Metric(MetricUnit.MILLISECONDS, MetricKind.AVERAGE),
    MetricName.FOLLOWERS: Metric(MetricUnit.PEOPLE, of_account=MetricKind.GAUGE),
    MetricName.FOLLOWING: _STATE,
    MetricName.POSTS: _STATE,
    MetricName.PAGE_LIKES: Metric(MetricUnit.PEOPLE, of_account=MetricKind.GAUGE),
    MetricName.PAGE_VIEWS: Metric(MetricUnit.COUNT, of_account=MetricKind.DELTA),
    MetricName.ACCOUNTS_ENGAGED: Metric(MetricUnit.PEOPLE, of_account=MetricKind.DELTA),
}
"""Every metric by its name."""


@dataclass(frozen=True, slots=True)
class History:
    """How far back a platform tells the days of an account."""

    days: int
    """How many days back it is asked."""
    page: int
    """How many days one look asks for."""


@dataclass(frozen=True, slots=True)
class Given:
    """Which figures a platform gives, by our name, with the name that the platform has for it."""

    posts: Mapping[MetricName, str] = field(default_factory=dict)
    account: Mapping[MetricName, str] = field(default_factory=dict)
    page: int = 20
    """For how many posts the connector is asked at once."""
    history: History | None = None
    """The account's days in the past; None: the platform tells only how the account is now."""
    note: str = ""
    """What else has to be known, in a sentence."""
    source: str = ""
    """The page of the platform's documentation that states it."""


def counted(answer: object, names: Mapping[MetricName, str]) -> dict[str, int]:
    """The figures that an object of an answer has, by our names; what is not there or not a count is left out."""
    if not isinstance(answer, Mapping):
        return {}
    found = {name.value: answer.get(key) for name, key in names.items()}
    return {name: count for name, count in found.items() if type(count) is int and count >= 0}
