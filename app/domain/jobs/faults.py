"""How a fault is stored on a row: the fields that people are shown, and nothing else."""

from __future__ import annotations

from typing import Any

from app.kernel.storable import storable
from connectors.faults import Fault


def stored(fault: Fault) -> dict[str, Any]:
    """A fault as JSON."""
    fields: dict[str, Any] = {
        "kind": fault.kind.value,
        "message": fault.message,
        "hint": fault.hint,
        "effect": fault.effect.value,
        "retryAfter": fault.retry_after.total_seconds() if fault.retry_after else None,
        "status": fault.status,
        "code": fault.code,
        "words": fault.words,
    }
    kept: dict[str, Any] = storable(fields)
    return kept


def own(kind: str, message: str, hint: str) -> dict[str, Any]:
    """A fault that is ours and not a platform's, in the same form."""
    return {
        "kind": kind,
        "message": storable(message),
        "hint": hint,
        "effect": "none",
        "retryAfter": None,
        "status": None,
        "code": None,
        "words": None,
    }


MISSED_WINDOW = own(
    "missed_window",
    "The post could not go out within its window, so it was not sent late.",
    "Choose a new time, or publish it now.",
)
LATE = own(
    "late",
    "The post could not go out within its window. Nothing was sent, and you wanted to be asked.",
    "Use settleLateJob: publish it now, give it a new time, or drop it.",
)
DROPPED = own(
    "dropped",
    "The post missed its window, and a person let it go.",
    "Retry the job to send it after all.",
)
BY_HAND = "confirmed_by_hand"
"""Marks the place of a part that a person confirmed: its address is known, the platform's own id is not."""

WORKER_CRASHED = own(
    "worker_crashed",
    "Publishing this post ended the worker several times.",
    "Tell the operator; look at the attached media first. Retry the job when the cause is found.",
)
