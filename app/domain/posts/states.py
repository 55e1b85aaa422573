"""The state of a post: a projection of its jobs' states, stored with them."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class PostState(StrEnum):
    """What a planner shows of a post."""

    SCHEDULED = "scheduled"
    """Every job waits for its time."""
    PUBLISHING = "publishing"
    """At least one job is under way and none needs a person."""
    PUBLISHED = "published"
    """Every job that was not cancelled is out."""
    PARTLY_PUBLISHED = "partly_published"
    """Some are out; others are not and never will be by themselves."""
    NEEDS_ATTENTION = "needs_attention"
    """A person has to act: reconnect, or settle an outcome."""
    FAILED = "failed"
    """None is out, and at least one has failed."""
    CANCELLED = "cancelled"
    """Every job was cancelled."""


UNDER_WAY = frozenset({"publishing", "processing", "unknown", "retrying"})


def project(jobs: Collection[str]) -> PostState:
    """The post's state that follows from the states of its jobs (their words, at least one)."""
    states = set(jobs)
    live = states - {"cancelled"}
    if not live:
        return PostState.CANCELLED
    if live & {"needs_review", "parked"}:
        return PostState.NEEDS_ATTENTION
    if live & UNDER_WAY:
        return PostState.PUBLISHING
    if live == {"published"}:
        return PostState.PUBLISHED
    if "scheduled" in live:
        return PostState.PUBLISHING if "published" in live else PostState.SCHEDULED
    return PostState.PARTLY_PUBLISHED if "published" in live else PostState.FAILED
