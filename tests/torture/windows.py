"""The windows of a publish as data: where a job is stopped from outside, and what becomes of what was stopped.

Nothing is timed. A window is reached when the proxy or the simulated platform has the moment in its hands: a statement
on its way to the database, a request on its way to the platform, an answer on its way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connectors.capabilities import ReconcileClass
from tests.torture.platforms import Target


class At(StrEnum):
    """Who stops the job."""

    DATABASE = "database"
    """The proxy before PostgreSQL, at a statement about the job."""
    WIRE = "wire"
    """The proxy before the platform: the request leaves the worker and arrives nowhere."""
    PLATFORM = "platform"
    """The simulated platform, before or after it has acted."""
    REDIS = "redis"
    """The proxy before Redis, at what is announced after the settlement."""


class First(StrEnum):
    """What has to happen on the way there."""

    EXPIRE = "expire_token"
    """The token is refused once."""
    LOSE = "drop_after_effect"
    """The publish happens and its answer is lost."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window."""

    key: str
    says: str
    at: At
    request: str = "publish"
    """Which request of the target, where the platform or the wire stops it."""
    kind: str = "hold"
    """How the platform holds it: before it acts (`hold`), or after (`hold_answer`)."""
    words: Sequence[str] = ()
    """What the statement says besides the job's id, where the database stops it."""
    lost: bool = False
    """Whether what is stopped is lost in the end: the request is not acted on, the answer never comes."""
    first: First | None = None
    late: bool = False
    """Whether it is let go only when everybody has given it up."""


CLAIMED: Final = "SET state = 'publishing'"
PUBLISHED: Final = "SET state = 'published'"
"""What the statements say that claim a job, and that write down that it is out."""

WINDOWS: Final[Mapping[str, Window]] = {
    one.key: one
    for one in (
        Window(
            "before_claim",
            "the claim is on its way",
            At.DATABASE,
            words=("SET state = 'publishing'", "step = 'prepared'"),
        ),
        Window("refresh_sent", "a token refresh was sent", At.PLATFORM, "refresh", lost=True, first=First.EXPIRE),
        Window(
            "refresh_answered",
            "a token refresh was done and its answer is lost",
            At.PLATFORM,
            "refresh",
            "hold_answer",
            lost=True,
            first=First.EXPIRE,
        ),
        Window("upload_sent", "a file was sent", At.PLATFORM, "upload"),
        Window(
            "container_made", "a draft was made and nobody told", At.PLATFORM, "container", "hold_answer", lost=True
        ),
        Window("claimed", "all is ready, the intent is on its way", At.DATABASE, words=("step = 'sending'",)),
        Window("intended", "the intent is written, the request arrives nowhere", At.WIRE, lost=True),
        Window("sent_in_vain", "the request arrived, the platform does nothing", At.PLATFORM, lost=True),
        Window("sent", "the request arrived, the platform acts later", At.PLATFORM),
        Window("acted", "the platform has acted, its answer is lost", At.PLATFORM, kind="hold_answer", lost=True),
        Window("answered", "the answer came, it is not stored", At.DATABASE, words=(PUBLISHED,)),
        Window("stored", "it is stored and not announced", At.REDIS),
        Window("looking", "the answer was lost, reconcile looks", At.PLATFORM, "look", lost=True, first=First.LOSE),
        Window("acts_late", "the platform acts when everybody has given it up", At.PLATFORM, late=True),
    )
}


class Outcome(StrEnum):
    """What became of a post."""

    ONCE = "once"
    """Published, and there exactly once."""
    REASON = "reason"
    """Not there, and the job says why."""
    PERSON = "person"
    """There at most once; the job asks a person."""
    TWICE = "twice"
    BROKEN = "broken"
    """An invariant does not hold."""


def not_applicable(target: Target, window: Window) -> str | None:
    """Why a window does not exist on a platform; None where it does."""
    if window.request == "refresh" and target.refresh is None:
        return {
            "mastodon": "Mastodon's tokens have no end and no refresh token: a refused one needs its owner.",
            "linkedin-member": "LinkedIn gives no refresh token to a member's application.",
        }[target.key]
    if window.request == "container" and target.container is None:
        return "The platform publishes in one request: there is no draft."
    if window.request == "look" and target.strength is ReconcileClass.HUMAN:
        return "The platform does not let this account's posts be read, so nothing looks."
    return None


def promised(target: Target, window: Window) -> frozenset[Outcome]:
    """What is promised for a post in a window, whatever fault strikes."""
    if window.late:
        # A request that the platform acts on after it was proved absent cannot be called back. Only the platform can
        # tell the second one from it: by a key, a draft, or its own search for duplicates.
        return LATE[target.strength]
    if target.strength is ReconcileClass.HUMAN:
        # Wherever a worker is lost after its intent, also in a try that follows the fault on a busy machine.
        return frozenset({Outcome.ONCE, Outcome.PERSON})
    return frozenset({Outcome.ONCE})


LATE: Final[Mapping[ReconcileClass, frozenset[Outcome]]] = {
    ReconcileClass.KEY: frozenset({Outcome.ONCE}),
    ReconcileClass.CONTAINER: frozenset({Outcome.ONCE}),
    ReconcileClass.DUPLICATE: frozenset({Outcome.ONCE, Outcome.PERSON}),
    ReconcileClass.LOOKUP: frozenset({Outcome.ONCE, Outcome.TWICE}),
    ReconcileClass.HUMAN: frozenset({Outcome.ONCE, Outcome.PERSON}),
}
