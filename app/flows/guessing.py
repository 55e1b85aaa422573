"""Slow down who guesses credentials: failures are counted by address and by the key that was aimed at.

A right credential always passes, so that nobody can lock out others: neither the neighbours behind one address nor the
holder of a key whose public part is known. What is refused is only the next wrong one, before anybody looks again.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from app.domain.keys.credentials import parse
from app.flows.runtime import Runtime
from app.kernel import metrics
from app.services.limits import Limit
from app.services.tokens import looks_like_token
from connectors.secret import Secret

SITE = 64
"""Bits of an IPv6 address that name a site: its holder has all addresses behind them."""


async def count_failure(rt: Runtime, address: str | None, credential: Secret) -> timedelta:
    """Count a credential that opened nothing; how long to wait where there were too many, else zero.

    A request without any credential is no guess.
    """
    value = credential.reveal().strip().partition(" ")[2].strip()
    if not value:
        return timedelta()
    known = parse(value)
    kind = "key" if known is not None else "token" if looks_like_token(value) else "other"
    metrics.CREDENTIALS_REFUSED.labels(kind).inc()
    settings = rt.settings
    names = [f"address:{site}"] if (site := _site(address)) else []
    names += [f"key:{known.public_id}"] if known is not None else []
    limits = [Limit(f"guess:{name}", settings.guess_rate, settings.guess_burst) for name in names]
    return (await rt.limiter.take_all(limits)).time if limits else timedelta()


def _site(address: str | None) -> str | None:
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    plain = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network(f"{plain}/{SITE}", strict=False)) if isinstance(plain, IPv6Address) else str(plain)
