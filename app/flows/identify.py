"""Who calls: one door for every kind of credential, on HTTP and on sockets.

A credential is `<scheme> <value>`, as in an Authorization header. A further kind is one more function in `SCHEMES`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from app.actions.keys.authenticate import authenticate
from app.domain.keys.errors import KeyRefused
from app.domain.keys.principal import Principal
from app.flows.runtime import Runtime
from connectors.secret import Secret

Scheme = Callable[[Runtime, Secret], Awaitable[Principal]]


async def by_api_key(rt: Runtime, value: Secret) -> Principal:
    """The holder of an API key.

    Raises:
        KeyRefused: the key opens nothing.
    """
    async with rt.db.system() as session:
        return await authenticate(session, value.reveal(), now=rt.clock.now())


SCHEMES: Mapping[str, Scheme] = {"bearer": by_api_key}
"""Scheme in small letters -> who reads its credentials."""


async def identify(rt: Runtime, credential: Secret) -> Principal:
    """The caller behind a credential.

    Raises:
        KeyRefused: it opens nothing, or its kind is not known.
    """
    scheme, _, value = credential.reveal().strip().partition(" ")
    read = SCHEMES.get(scheme.lower())
    if read is None or not value.strip():
        raise KeyRefused
    return await read(rt, Secret(value.strip()))
