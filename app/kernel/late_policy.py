"""What becomes of a post that could not go out within its window: one word for settings, posts and jobs."""

from __future__ import annotations

from enum import StrEnum


class LatePolicy(StrEnum):
    """What happens when a job has not gone out within its window."""

    FAIL = "fail"
    """It fails with the reason: never silently hours late."""
    PUBLISH = "publish"
    """It goes out all the same, as soon as it can."""
    ASK = "ask"
    """It needs review, with the reason LATE: a person says whether it goes out now, at a new time, or not at all."""
