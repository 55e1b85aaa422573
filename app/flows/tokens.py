"""Callers with a token of another issuer: proved with its keys, then read by the mapping of the settings.

The promise: every token that is not good for everything that it is asked for is refused alike. Who may do what says
the issuer, within the scopes that the settings map; `operator` comes from no token unless the settings name a role.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

import structlog
from sqlalchemy import select

from app.domain.keys.errors import KeyRefused
from app.domain.keys.model import Scope
from app.domain.keys.principal import Principal
from app.domain.tenants.model import Tenant
from app.flows.runtime import Runtime
from app.kernel.token_issuers import TokenIssuer
from app.services.tokens import Expected, Keys, TokenRefused, key_set, prove, read_unproved
from connectors.secret import Secret

SUBJECTS: Final = UUID("6f6c2d4e-58b3-5d0a-9a51-0c6a2a8f5e11")
"""Namespace of the ids of subjects: the same subject of the same issuer is the same credential for ever."""
LONGEST_NAME: Final = 200
MOST_OF_KEYS: Final = 256 * 1024
log = structlog.get_logger(__name__)


async def by_token(rt: Runtime, value: Secret) -> Principal:
    """The holder of a token.

    Raises:
        KeyRefused: the token opens nothing.
        KeysUnavailable: nobody can tell now.
    """
    token = value.reveal()
    try:
        said = read_unproved(token)
        issuer = _issuer(rt, said.issuer)
        keys = await _keys(rt, issuer, said.key_id)
        now = rt.clock.now().timestamp()
        expected = Expected(issuer.issuer, issuer.audience, issuer.algorithms, issuer.leeway, now)
        return await _principal(rt, issuer, prove(token, keys, expected))
    except TokenRefused as error:
        log.info("tokens.refused", reason=str(error))
        raise KeyRefused from None


def _issuer(rt: Runtime, named: str) -> TokenIssuer:
    for one in rt.settings.token_issuers.values():
        if one.issuer == named:
            return one
    raise TokenRefused("its issuer is not in POSTD_TOKEN_ISSUERS")


async def _keys(rt: Runtime, issuer: TokenIssuer, key_id: str | None) -> Keys:
    if issuer.jwks_url is None:
        return key_set(issuer.keys)
    return await rt.key_sets.get(issuer.jwks_url, key_id, partial(_fetch, rt, issuer.jwks_url), rt.clock.boottime())


async def _fetch(rt: Runtime, url: str) -> Any:
    answer = await rt.transport("tokens").send("GET", url, timeout=5, max_bytes=MOST_OF_KEYS)
    if not answer.ok:
        raise ValueError(f"the issuer answered {answer.status}")
    return answer.json()


async def _principal(rt: Runtime, issuer: TokenIssuer, claims: Mapping[str, Any]) -> Principal:
    subject, name = _claim(claims, issuer.subject_claim), _claim(claims, issuer.name_claim)
    if not isinstance(subject, str) or not subject.strip():
        raise TokenRefused(f"it has no {issuer.subject_claim}")
    scopes = scopes_of(issuer, claims)
    if not scopes:
        raise TokenRefused(f"neither {issuer.scopes_claim} nor {issuer.role_claim} gives it a scope")
    own = uuid5(SUBJECTS, f"{issuer.issuer}\n{subject}")
    try:
        ends = datetime.fromtimestamp(claims["exp"], UTC) + issuer.tolerance
    except (ValueError, OverflowError, OSError):
        raise TokenRefused("it ends in no year that there is") from None
    return Principal(
        credential_id=own,
        tenant_id=await _tenant(rt, issuer, claims),
        name=(name if isinstance(name, str) and name.strip() else subject)[:LONGEST_NAME],
        scopes=scopes,
        expires_at=ends,
        actor=f"token:{own}",
    )


def scopes_of(issuer: TokenIssuer, claims: Mapping[str, Any]) -> frozenset[Scope]:
    """What a token allows: the scopes that it names and those of its role; words that we do not know count nothing."""
    named, role = _claim(claims, issuer.scopes_claim), _claim(claims, issuer.role_claim)
    words = named.split() if isinstance(named, str) else named if isinstance(named, list) else []
    known = {scope.value: scope for scope in Scope if scope is not Scope.OPERATOR}
    roles = [role] if isinstance(role, str) else []
    meant = [*words, *(word for one in roles for word in issuer.roles.get(one, ()))]
    found: set[Scope] = {known[word] for word in meant if isinstance(word, str) and word in known}
    if issuer.operator is not None and issuer.operator in roles:
        found.add(Scope.OPERATOR)
    return frozenset(found)


async def _tenant(rt: Runtime, issuer: TokenIssuer, claims: Mapping[str, Any]) -> UUID:
    named = _claim(claims, issuer.tenant_claim)
    if not isinstance(named, str) or "\0" in named:
        raise TokenRefused(f"it has no {issuer.tenant_claim}")
    try:
        mine = Tenant.id == UUID(named)
    except ValueError:
        mine = Tenant.slug == named
    async with rt.db.system() as session:
        found: UUID | None = await session.scalar(select(Tenant.id).where(mine))
    if found is None:
        raise TokenRefused(f"there is no workspace of its {issuer.tenant_claim}")
    return found


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim, by its whole name (which may be an address with dots), else step by step into objects."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
