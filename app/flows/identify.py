"""Who calls: one door for every kind of credential, on HTTP and on sockets.

A credential is `<scheme> <value>`, as in an Authorization header. A further kind is one more function in `SCHEMES`;
what is borne is told apart by its form. A browser's cookie has a scheme of its own: the edge checks
first where the request comes from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from app.actions.keys.authenticate import authenticate
from app.actions.people import authenticate as people
from app.domain.keys.credentials import ACCESS, COOKIE
from app.domain.keys.errors import KeyRefused
from app.domain.keys.principal import Principal
from app.flows.runtime import Runtime
from app.flows.tokens import by_token
from app.services.tokens import looks_like_token
from connectors.secret import Secret

Scheme = Callable[[Runtime, Secret], Awaitable[Principal]]


async def by_api_key(rt: Runtime, value: Secret) -> Principal:
    """The holder of an API key.

    Raises:
        KeyRefused: the key opens nothing.
    """
    async with rt.db.system() as session:
        return await authenticate(session, value.reveal(), now=rt.clock.now())


async def by_access_token(rt: Runtime, value: Secret) -> Principal:
    """The person of an access token.

    Raises:
        KeyRefused: it opens nothing.
    """
    async with rt.db.system() as session:
        return await people.authenticate(session, value.reveal(), prefix=ACCESS, now=rt.clock.now())


async def by_cookie(rt: Runtime, value: Secret) -> Principal:
    """The caller of a browser's session.

    Raises:
        KeyRefused: it opens nothing.
    """
    async with rt.db.system() as session:
        return await people.authenticate(session, value.reveal(), prefix=COOKIE, now=rt.clock.now())


async def by_bearer(rt: Runtime, value: Secret) -> Principal:
    """The caller behind what an Authorization header bears, which is told apart by its form.

    Raises:
        KeyRefused: it opens nothing.
        KeysUnavailable: it is a token of another issuer, and nobody can tell now.
    """
    presented = value.reveal()
    if presented.startswith(f"{ACCESS}_"):
        return await by_access_token(rt, value)
    if rt.settings.token_issuers and looks_like_token(presented):
        return await by_token(rt, value)
    return await by_api_key(rt, value)


SCHEMES: Mapping[str, Scheme] = {"bearer": by_bearer, "cookie": by_cookie}
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
