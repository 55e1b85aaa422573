"""The dozen posts of the story: what is posted where, when, and what goes wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BOTH = ("bluesky", "mastodon")
PUT_RECORD = "/xrpc/com.atproto.repo.putRecord"
STATUSES = "/api/v1/statuses"
META = ("facebook", "instagram")
OWNER = "corner.bakery"
"""Who manages the page and the Instagram account on the simulated Meta."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that is ordered from a simulated platform just before the post is due."""

    order: Mapping[str, Any]
    kill_worker: bool = False
    """The worker is killed while the platform holds its request."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One post of the story."""

    title: str
    after: float
    """Seconds from the start of the story."""
    content: Mapping[str, Any]
    targets: Sequence[str] = BOTH
    options: Mapping[str, Any] = field(default_factory=dict)
    images: int = 0
    trouble: Trouble | None = None
    cancel: bool = False
    """It is cancelled before its time: nothing must go out."""
    withdrawn: bool = False
    """Before its time the person takes the access back on Meta; once it waits, the account is connected again."""


def _fault(platform: str, path: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"platform": platform, "method": "POST", "path": path, "kind": kind, "times": 1, **more}


SCENES: tuple[Scene, ...] = (
    Scene("text", 2, {"text": "Good morning from #POSTD. Read more at https://example.com/today"}),
    Scene("image", 4, {"text": "Fresh from the oven."}, images=1),
    Scene("mention and tags", 6, {"text": "Thanks @bakery.test for the #bread!"}, targets=("bluesky",)),
    Scene(
        "thread",
        8,
        {
            "text": "Three things about sourdough. First: time.",
            "thread": [{"text": "Second: water."}, {"text": "Third: more time."}],
        },
    ),
    Scene(
        "meets a rate limit",
        11,
        {"text": "The platform asked for a pause, and got it."},
        targets=("mastodon",),
        trouble=Trouble(_fault("mastodon", STATUSES, "status", status=429, headers={"retry-after": "3"})),
    ),
    Scene(
        "poll",
        13,
        {"text": "Rye or wheat?"},
        targets=("mastodon",),
        options={"poll": {"options": ["Rye", "Wheat"], "expiresIn": 86400}},
    ),
    Scene(
        "its worker is killed",
        18,
        {"text": "The worker was killed while this was on its way."},
        targets=("bluesky",),
        trouble=Trouble(_fault("bluesky", PUT_RECORD, "hold"), kill_worker=True),
    ),
    Scene(
        "its answer is lost",
        26,
        {"text": "The platform took it, and its answer was lost."},
        targets=("mastodon",),
        trouble=Trouble(_fault("mastodon", STATUSES, "drop_after_effect")),
    ),
    Scene("carousel", 21, {"text": "From flour to loaf."}, targets=("facebook", "instagram"), images=2),
    Scene(
        "first comment",
        22,
        {"text": "We hire a baker.", "thread": [{"text": "Write to jobs@bakery.test."}]},
        targets=("facebook", "linkedin"),
    ),
    Scene("content warning", 28, {"text": "The baker did it."}, targets=("mastodon",), options={"spoilerText": "Plot"}),
    Scene("link card", 30, {"text": "Our new site:", "link": {"url": "https://example.com", "title": "Example"}}),
    Scene(
        "access taken back",
        32,
        {"text": "It waited until the account was connected again."},
        targets=("facebook",),
        withdrawn=True,
    ),
    Scene("cancelled in time", 33, {"text": "Nobody will ever read this."}, cancel=True),
    Scene(
        "the platform is in trouble",
        35,
        {"text": "The platform answered 503 first."},
        targets=("bluesky",),
        trouble=Trouble(_fault("bluesky", PUT_RECORD, "status", status=503)),
    ),
    Scene("good night", 38, {"text": "That was a day. Good night!"}),
)

LONG = "This text is far too long for Bluesky. " * 12
"""Refused by `validatePost`, with what was counted and what is allowed."""
