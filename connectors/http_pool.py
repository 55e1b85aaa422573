"""The connections to one platform: a bulkhead of sockets, each opened through the egress guard.

One `HttpPool` a platform, for the life of the process: a platform that hangs uses up its own connections and nobody
else's. The pool keeps connections by host *name* (and so by verified certificate), while the socket goes to an address
that the guard has checked. It has no cookies, no redirects, no retries, no environment variables and no default
credentials, so that nothing of one account can reach another.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from typing import Any, Self

import httpcore2
import httpx2

from connectors.egress import EgressPolicy
from connectors.secret import Secret


class _PlainStream(httpcore2.AsyncNetworkStream):
    """A socket before TLS. It closes itself when the handshake is cancelled: the library leaves it open then."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        """Shake hands; the stream that comes back is the library's own."""
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except asyncio.CancelledError:
            await self._inner.aclose()
            raise


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens sockets, for one scheme, only to addresses that the egress policy passes."""

    def __init__(self, egress: EgressPolicy, scheme: str) -> None:
        self._egress = egress
        self._scheme = scheme
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Look the name up once, check all addresses, connect to the first that answers."""
        budget = 60.0 if timeout is None else timeout
        deadline = time.monotonic() + budget
        try:
            async with asyncio.timeout(budget):
                addresses = await self._egress.addresses(self._scheme, host, port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("the name lookup took too long") from error
        except OSError as error:
            raise httpcore2.ConnectError("the name could not be looked up") from error
        failure: Exception = httpcore2.ConnectError("no address answered")
        for tried, address in enumerate(addresses):
            # An address that swallows packets must leave time for those after it.
            share = max(deadline - time.monotonic(), 0.05) / (len(addresses) - tried)
            try:
                inner = await self._plain.connect_tcp(str(address), port, share, local_address, socket_options)
                return _PlainStream(inner)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool whose sockets are opened by the guard."""

    def __init__(self, egress: EgressPolicy, scheme: str, limits: httpx2.Limits, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False, limits=limits)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=GuardedBackend(egress, scheme),
        )


class HttpPool:
    """The sockets to one platform. Open it once, use it from many `Transport`s, close it at the end.

    Times are in seconds: `connect` (name lookup included), `read` and `write` are for one operation each, `wait` is for
    a free connection, `total` is for a whole call unless the call says otherwise. With `proxy` every call goes through
    that proxy, and it is the proxy that looks names up: point it at one that refuses private networks.
    """

    def __init__(
        self,
        *,
        egress: EgressPolicy | None = None,
        connections: int = 32,
        keepalive: int = 32,
        connect: float = 5.0,
        read: float = 30.0,
        write: float = 30.0,
        wait: float = 2.0,
        total: float = 30.0,
        user_agent: str = "POSTD",
        proxy: Secret | str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.egress = egress or EgressPolicy()
        self.total = total
        self.user_agent = user_agent
        self.timeouts = httpx2.Timeout(connect=connect, read=read, write=write, pool=wait).as_dict()
        # Many servers close what was idle for 5 s. A request that crosses with that gets no answer, and nobody knows
        # whether it was done: ours are closed before.
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=keepalive, keepalive_expiry=4.0)
        context = tls or httpx2.create_ssl_context(trust_env=False)
        self._by_scheme: dict[str, httpx2.AsyncHTTPTransport]
        if proxy:
            address = proxy.reveal() if isinstance(proxy, Secret) else proxy
            shared = httpx2.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits, proxy=address)
            self._by_scheme = {"https": shared, "http": shared}
        else:
            self._by_scheme = {
                scheme: _GuardedTransport(self.egress, scheme, limits, context) for scheme in ("https", "http")
            }

    async def exchange(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the caller reads and closes the answer. Raises httpx2's errors and `PlatformFault`."""
        return await self._by_scheme[request.url.scheme].handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in set(self._by_scheme.values()):
            await transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
