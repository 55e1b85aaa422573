"""What an incoming webhook refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import DomainError


class WebhookNotReplayable(DomainError):
    """It is not dead, or cannot be read anew. Nothing was changed."""

    code: ClassVar[str] = "WEBHOOK_NOT_REPLAYABLE"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"This delivery is {state}: it does not wait for a replay.",
            hint="Nothing to do. Dead deliveries and an operator's orphans are replayed; `force` reads one anew that "
            "is done, as long as its body is kept.",
            path=("input", "deliveryId"),
        )
