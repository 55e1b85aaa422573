"""The states of an incoming delivery: pure, no database.

The same table guards every UPDATE and draws the diagram in the docs. `wake_at` is null exactly in the final states, so
that no delivery is ever just waiting.
"""

from __future__ import annotations

from enum import StrEnum

from app.kernel.machine import Machine, Transition


class DeliveryState(StrEnum):
    """Where a delivery is. Each member says who moves it on, and what a crash leaves."""

    RECEIVED = "received"
    """Written down and answered. A worker takes it; a crash changes nothing."""
    PROCESSING = "processing"
    """One worker, one fence, one lease. After a crash it is tried again when the lease ends: effects are idempotent."""
    RETRY = "retry"
    """An effect could not be written; tried again, with growing pauses."""
    DONE = "done"
    """Everything in it that concerns accounts here has had its effect. Final."""
    ORPHAN = "orphan"
    """It concerns no account that is connected here. Kept for a week, so that it can be replayed."""
    DEAD = "dead"
    """It cannot be read, or was tried too often. Kept until somebody replays it or its time has passed."""


class DeliveryEvent(StrEnum):
    """What moves a delivery."""

    TAKE = "take"
    RESCUE = "rescue"
    FINISH = "finish"
    FIND_NOBODY = "find_nobody"
    BACK_OFF = "back_off"
    BURY = "bury"
    REPLAY = "replay"
    READ_ANEW = "read_anew"


class ShareState(StrEnum):
    """What became of the part of a delivery that concerns one workspace."""

    WAITING = "waiting"
    """It could not be applied yet; it is tried again."""
    APPLIED = "applied"
    """It has had its effects. `replayWebhook` with `force` reads it anew."""
    DEAD = "dead"
    """It was tried too often. `replayWebhook` tries it again."""


S, E = DeliveryState, DeliveryEvent

FINAL = (S.DONE, S.ORPHAN, S.DEAD)
"""States in which nobody looks at it by himself."""

MACHINE: Machine[DeliveryState, DeliveryEvent] = Machine(
    "delivery",
    (
        Transition(E.TAKE, (S.RECEIVED, S.RETRY), S.PROCESSING, "worker", ""),
        Transition(E.RESCUE, (S.PROCESSING,), S.RETRY, "worker", "lease over"),
        Transition(E.FINISH, (S.PROCESSING,), S.DONE, "worker", "fence"),
        Transition(E.FIND_NOBODY, (S.PROCESSING,), S.ORPHAN, "worker", "fence; no account here is meant"),
        Transition(E.BACK_OFF, (S.PROCESSING,), S.RETRY, "worker", "fence; tries are left"),
        Transition(
            E.BURY, (S.PROCESSING,), S.DEAD, "worker", "fence, or lease over; it cannot be read, or no tries are left"
        ),
        Transition(E.REPLAY, (S.ORPHAN, S.DEAD), S.RECEIVED, "API or operator", "audited"),
        Transition(
            E.READ_ANEW, (S.DONE, S.ORPHAN, S.DEAD), S.RECEIVED, "API or operator", "forced; its body is still kept"
        ),
    ),
)
