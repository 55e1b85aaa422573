"""What a breaker refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import DomainError


class PlatformNotPaused(DomainError):
    """Nobody has switched it off. Nothing was changed."""

    code: ClassVar[str] = "PLATFORM_NOT_PAUSED"

    def __init__(self, platform: str) -> None:
        super().__init__(
            f"The platform {platform} is not paused.",
            hint="Nothing to do. A platform in trouble is called again by itself; `health.platforms` says when.",
            path=("input", "platform"),
        )
