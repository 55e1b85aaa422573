"""How often somebody may try to come in: by where they call from, and by the address that they name.

Addresses are kept as hashes. An attacker can keep a person from signing in for a minute by trying often in their
name; a session that is open goes on.
"""

from __future__ import annotations

import hashlib
from typing import Final

from app.domain.people.errors import TooManyTries
from app.flows.runtime import Runtime
from app.services.limits import Limit

A_MINUTE: Final = 1 / 60
TRIES_FROM_ONE_PLACE: Final = 20
"""At once; as many come back a minute. An office has one address on the network."""
TRIES_OF_ONE_ADDRESS: Final = 5
"""At once; as many come back a minute."""


async def allow_try(rt: Runtime, what: str, *, place: str, address_key: str | None = None) -> None:
    """Count a try to do `what`.

    Raises:
        TooManyTries: there were too many; this one was not counted.
    """
    limits = [Limit(f"{what}:from:{place}", TRIES_FROM_ONE_PLACE * A_MINUTE, TRIES_FROM_ONE_PLACE)]
    if address_key is not None:
        name = hashlib.sha256(address_key.encode()).hexdigest()
        limits.append(Limit(f"{what}:of:{name}", TRIES_OF_ONE_ADDRESS * A_MINUTE, TRIES_OF_ONE_ADDRESS))
    wait = await rt.limiter.take_all(limits)
    if wait.time:
        raise TooManyTries(wait.time)
