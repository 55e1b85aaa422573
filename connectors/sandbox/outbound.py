"""What the simulated platforms send requests with: only this machine is asked, nothing leaves it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Final

from connectors.egress import EgressPolicy
from connectors.http_pool import HttpPool
from connectors.transport import Transport

_THIS_MACHINE: Final = EgressPolicy(allow=(ip_network("127.0.0.0/8"), ip_network("::1/128")))


@asynccontextmanager
async def this_machine() -> AsyncIterator[Transport]:
    """A platform's own client, for files that it fetches and for applications that it tells something."""
    async with HttpPool(
        egress=_THIS_MACHINE, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), user_agent="facebookexternalhit/1.1"
    ) as pool:
        yield Transport(pool)
