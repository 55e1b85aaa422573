"""What a key refuses."""

from __future__ import annotations

from typing import ClassVar

from app.kernel.errors import DomainError


class KeyRefused(DomainError):
    """The presented key opens nothing. The answer is the same for unknown, revoked and expired keys."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(
            "The key or token is missing, unknown, expired or revoked.",
            hint="Sign in, or send a key as `Authorization: Bearer postd_live_...`; `postd keys create` makes one.",
        )


class ScopeMissing(DomainError):
    """The key may not do this."""

    code: ClassVar[str] = "FORBIDDEN"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"Your credential has no scope `{scope}`.",
            hint=f"Use one with the scope `{scope}`; an administrator can make such a key with createApiKey.",
        )
        self.scope = scope


class AddressNotAllowed(DomainError):
    """The caller has the scope, but not from where the call comes."""

    code: ClassVar[str] = "ADDRESS_NOT_ALLOWED"

    def __init__(self, scope: str, address: str | None) -> None:
        super().__init__(
            f"The scope `{scope}` cannot be used from the address {address or 'unknown'}.",
            hint="Call from a network that POSTD_ADMIN_NETWORKS lists, or let the operator add yours. Behind a reverse "
            "proxy, POSTD_TRUSTED_PROXIES must name it.",
        )
        self.scope = scope
