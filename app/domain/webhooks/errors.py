"""What an incoming webhook refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import DomainError


class WebhookNotReplayable(DomainError):
    """It is not dead, so there is nothing to try again. Nothing was changed."""

    code: ClassVar[str] = "WEBHOOK_NOT_REPLAYABLE"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This delivery is {state}: it does not wait for a replay.",
            hint="Nothing to do. Only deliveries that are dead, or an operator's orphans, are replayed.",
            path=("input", "deliveryId"),
        )
