"""What a key refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import DomainError


class KeyRefused(DomainError):
    """The presented key opens nothing. The answer is the same for unknown, revoked and expired keys."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(
            "The API key is missing, unknown, expired or revoked.",
            hint="Send a valid key as `Authorization: Bearer postd_live_...`; `postd keys create` makes one.",
        )


class ScopeMissing(DomainError):
    """The key may not do this."""

    code: ClassVar[str] = "FORBIDDEN"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This key has no scope {scope!r}.",
            hint=f"Use a key with the scope {scope!r}; an administrator can make one with createApiKey.",
        )
        self.scope = scope
