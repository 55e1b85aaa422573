"""Which addresses this installation calls: the guard against requests into its own network.

Addresses come from users (instances, media by URL, webhooks) and from answers (redirects, identity documents), so each
one is checked, every time. A name is looked up once; *all* its addresses must pass, and the connection goes to one of
them, so a name that changes between check and call gains nothing. What passes: https on a usual port to a public
address, or anything at all inside a network that the operator allows. Only `localhost` may have addresses besides the
allowed ones: they are the same machine, and they are not called.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

import idna

from connectors.faults import HINTS, Fault, FaultKind, PlatformFault

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host name, as text; raises OSError where it has none."""

PORTS: Final = frozenset({443, 8443})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

# Python calls some of these global (or did so in some releases); each leads, or can lead, to a private place.
_NEVER: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "::/96",  # IPv4-compatible: carries an IPv4 address
        "64:ff9b::/96",  # NAT64: carries an IPv4 address
        "64:ff9b:1::/48",  # local NAT64
        "2001::/32",  # Teredo: carries an IPv4 address
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_NAME: Final = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*\Z")
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_ODD: Final = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its one canonical form, as far as it can be checked without a lookup."""

    scheme: str
    host: str
    """Lower-case ASCII, or an IP address without brackets."""
    port: int
    url: str
    """The whole address, without a fragment."""

    @property
    def origin(self) -> str:
        """Scheme, host and port: who the other side is."""
        return f"{self.scheme}://{_netloc(self.scheme, self.host, self.port)}"


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The rules of one installation."""

    allow: tuple[Network, ...] = ()
    """Networks that may be called all the same: on any port, and without TLS."""
    resolver: Resolver = resolve

    def check(self, url: str) -> Target:
        """The canonical form of an address, after every rule that needs no lookup.

        Raises `PlatformFault` (`FORBIDDEN_ADDRESS`, effect none).
        """
        target = _parse(url)
        literal = _literal(target.host)
        if literal is not None:
            self._check_address(target.scheme, target.port, literal)
        elif not self.allow:
            _check_usual(target.scheme, target.port)
        return target

    async def addresses(self, scheme: str, host: str, port: int) -> tuple[Address, ...]:
        """The addresses to connect to: looked up once, all of them checked.

        Raises `PlatformFault` (`FORBIDDEN_ADDRESS`) where one of them does not pass, OSError where there is none.
        """
        literal = _literal(host)
        found: tuple[Address, ...]
        if literal is not None:
            found = (literal,)
        else:
            found = tuple(dict.fromkeys(_looked_up(text) for text in await self.resolver(host, port)))
            if _is_this_machine(host):
                # Its addresses are one machine: to allow 127.0.0.0/8 is enough where the name also means ::1.
                found = tuple(filter(self._allowed, found)) or found
        if not found:
            raise OSError(f"{host} has no address")
        for address in found:
            self._check_address(scheme, port, address)
        return found

    def permits(self, address: Address) -> bool:
        """Whether an address is public or explicitly allowed."""
        return self._allowed(address) or is_public(address)

    def _allowed(self, address: Address) -> bool:
        plain = _unmapped(address)
        return any(plain.version == network.version and plain in network for network in self.allow)

    def _check_address(self, scheme: str, port: int, address: Address) -> None:
        if self._allowed(address):
            return
        _check_usual(scheme, port)
        if not is_public(address):
            raise forbidden("The address belongs to a private or reserved network.")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, for one receiver, and hides no other address inside."""
    plain = _unmapped(address)
    if not plain.is_global or plain.is_multicast or plain.is_reserved:
        return False
    return not any(plain.version == network.version and plain in network for network in _NEVER)


def forbidden(message: str) -> PlatformFault:
    """The refusal of an address. It never says what the address resolved to."""
    return PlatformFault(Fault(FaultKind.FORBIDDEN_ADDRESS, message, hint=HINTS[FaultKind.FORBIDDEN_ADDRESS]))


def _check_usual(scheme: str, port: int) -> None:
    if scheme != "https":
        raise forbidden("The address does not use https.")
    if port not in PORTS:
        raise forbidden(f"The address uses port {port}; only 443 and 8443 are called.")


def _parse(url: str) -> Target:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
    except ValueError as error:  # idna's errors are ValueErrors too
        raise forbidden("The address is not a valid web address.") from error
    if _ODD.search(url) or parts.scheme not in _DEFAULT_PORTS or not host:
        raise forbidden("The address is not a valid web address.")
    if "@" in parts.netloc:
        raise forbidden("The address contains a user name or a password.")
    if port is None:
        port = _DEFAULT_PORTS[parts.scheme]
    query = f"?{parts.query}" if parts.query else ""
    canonical = f"{parts.scheme}://{_netloc(parts.scheme, host, port)}{parts.path or '/'}{query}"
    return Target(parts.scheme, host, port, canonical)


def _host(text: str, *, bracketed: bool) -> str:
    """The canonical host; empty where it is none. Numbers in disguise (octal, hex, short forms) are none."""
    if bracketed:
        return "" if "%" in text else str(IPv6Address(text))
    name = text if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    name = name.lower().removesuffix(".")
    if not _NAME.match(name):
        return ""
    if _NUMBER.match(name.rpartition(".")[2]):
        return str(IPv4Address(name))
    return name


def _is_this_machine(host: str) -> bool:
    """Whether a name means this machine and nothing else (RFC 6761 §6.3)."""
    return host == "localhost" or host.endswith(".localhost")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _looked_up(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise forbidden("The address resolves to something that is no IP address.") from error


def _unmapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _netloc(scheme: str, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"
