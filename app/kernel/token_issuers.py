"""Whose tokens are believed besides our own keys: the settings of one issuer.

The defaults fit the tokens of Supabase Auth (https://supabase.com/docs/guides/auth/jwts): an audience `authenticated`,
the person's address in `email`, and what an administrator has written into `app_metadata`, which users cannot change.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.kernel.roles import ROLES

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
"""Signatures with a private key of the issuer's. A shared secret could sign as well as check, so none is taken."""


class TokenIssuer(BaseModel):
    """One issuer: its name, its keys, and where in its tokens stands what we need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(min_length=1)
    """`iss` of its tokens, exactly."""
    audience: str = Field(default="authenticated", min_length=1)
    """What `aud` must hold."""
    jwks_url: str | None = Field(default=None, pattern="^https?://")
    """Where its public keys are."""
    keys: tuple[dict[str, Any], ...] = ()
    """Its public keys (JWK), where they are not fetched."""
    algorithms: tuple[str, ...] = ("ES256", "RS256")
    """The algorithms that it signs with; a token names one of these or is refused."""
    leeway: float = Field(default=30, ge=0, le=300)
    """Seconds by which its clock and ours may differ."""
    subject_claim: str = "sub"
    name_claim: str = "email"
    """How people call the subject; used in the audit log."""
    tenant_claim: str = "app_metadata.tenant"
    """The workspace, by its slug or id. A dot leads into an object."""
    scopes_claim: str = "app_metadata.scopes"
    """Scopes, as a list or as one text with spaces."""
    role_claim: str = "app_metadata.role"
    """A role, which stands for scopes."""
    roles: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(ROLES))
    """Role -> scopes; ours where the settings name no others."""
    operator: str | None = None
    """The role that gives the scope `operator` besides; without it no token has that scope."""

    @model_validator(mode="after")
    def usable(self) -> Self:
        """Refuse an issuer whose tokens could never be proved, or that anybody could forge."""
        if bool(self.jwks_url) is bool(self.keys):
            raise ValueError("POSTD_TOKEN_ISSUERS needs jwks_url or keys for each issuer, and not both")
        if not self.algorithms or not ALGORITHMS.issuperset(self.algorithms):
            raise ValueError(f"POSTD_TOKEN_ISSUERS takes the algorithms {', '.join(sorted(ALGORITHMS))} only")
        return self

    @property
    def tolerance(self) -> timedelta:
        """`leeway` as a span."""
        return timedelta(seconds=self.leeway)
