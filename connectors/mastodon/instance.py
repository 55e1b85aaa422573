"""Which server the user means, and what that server allows.

`origin_of` turns what people type (a host name, a URL, a handle) into an origin, and decides nothing about whether
that address may be called: the egress policy of the transport does. `figures` reads the limits that a server states.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

import idna

from connectors.contract import Context
from connectors.faults import FaultKind, PlatformFault
from connectors.mastodon.capabilities import URL_LENGTH_RULE
from connectors.mastodon.faults import refusal, refused, unexpected

_HINT = "Type the name of the server, for example mastodon.social."
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")

_FIGURES: Final = {
    "text.length": ("statuses", "max_characters"),
    URL_LENGTH_RULE: ("statuses", "characters_reserved_per_url"),
    "media.count": ("statuses", "max_media_attachments"),
    "image.bytes": ("media_attachments", "image_size_limit"),
    "image.pixels": ("media_attachments", "image_matrix_limit"),
    "video.bytes": ("media_attachments", "video_size_limit"),
    "audio.bytes": ("media_attachments", "video_size_limit"),
    "video.frame_rate": ("media_attachments", "video_frame_rate_limit"),
    "alt.length": ("media_attachments", "description_limit"),
    "poll.options": ("polls", "max_options"),
    "poll.option_length": ("polls", "max_characters_per_option"),
    "poll.min_expiration": ("polls", "min_expiration"),
    "poll.max_expiration": ("polls", "max_expiration"),
}
"""Where `configuration` of an instance's description states each of our rules."""


def origin_of(typed: str) -> str:
    """The origin of the server that the user typed, e.g. `https://mastodon.social`.

    Takes a host name (with a port if need be), a URL of any page of the server, or a handle such as
    `@anna@mastodon.social`. The scheme is https unless the user typed `http://`. Names outside ASCII become
    IDNA A-labels. Raises `PlatformFault` (FORBIDDEN_ADDRESS) for anything else.
    """
    text = typed.strip()
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "https", text
    scheme = scheme.lower()
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if not mark:
        authority = authority.rsplit("@", 1)[-1]
    if scheme not in _DEFAULT_PORTS or not authority or "@" in authority:
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "This is not the address of a server.", _HINT)
    host, port = _host_and_port(authority)
    suffix = "" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{host}{suffix}"


def _host_and_port(authority: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?", authority, flags=re.ASCII)
    plain = re.fullmatch(r"([^:\[\]\s]+)(?::([0-9]{1,5}))?", authority, flags=re.ASCII)
    found = bracketed or plain
    if found is None:
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "This is not the address of a server.", _HINT)
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65536:
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "The port of the address is not one.", _HINT)
    return (f"[{_ipv6(found[1])}]" if bracketed else _name(found[1])), port


def _ipv6(text: str) -> str:
    try:
        return ipaddress.IPv6Address(text).compressed
    except ValueError:
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "This is not the address of a server.", _HINT) from None


def _name(text: str) -> str:
    """A host name in the one form that is looked up: lower case, A-labels, without the root's dot."""
    try:
        name = idna.encode(text.rstrip("."), uts46=True).decode("ascii").lower() if not text.isascii() else text.lower()
    except idna.IDNAError:
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "The name of the server is not a valid one.", _HINT) from None
    name = name.removesuffix(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise refused(FaultKind.FORBIDDEN_ADDRESS, "The name of the server is not a valid one.", _HINT)
    return name


async def read_limits(cx: Context, origin: str) -> dict[str, int]:
    """The server's own limits by rule, from /api/v2/instance, or /api/v1/instance on servers before 4.0.

    Raises `PlatformFault` where the server does not answer as one that speaks Mastodon's API.
    Source: https://docs.joinmastodon.org/methods/instance/
    """
    answer = await cx.http.send("GET", f"{origin}/api/v2/instance")
    if answer.status in {404, 405}:
        answer = await cx.http.send("GET", f"{origin}/api/v1/instance")
    if not answer.ok:
        raise refusal(answer, cx.now(), missing="This server does not speak Mastodon's API.")
    try:
        described = answer.json()
    except PlatformFault:
        raise unexpected(answer, "This server does not speak Mastodon's API.") from None
    if not isinstance(described, dict):
        raise unexpected(answer, "The server describes itself in a form that is not documented.")
    return figures(described)


def figures(described: Mapping[str, Any]) -> dict[str, int]:
    """The limits that an instance's description states; what it leaves out keeps the declared figure."""
    configuration = described.get("configuration")
    found: dict[str, int] = {}
    if isinstance(configuration, Mapping):
        for rule, (group, name) in _FIGURES.items():
            section = configuration.get(group)
            value = section.get(name) if isinstance(section, Mapping) else None
            if _is_figure(value):
                found[rule] = value
    # Servers that follow the older description state the length of a text beside `configuration`.
    older = described.get("max_toot_chars")
    if "text.length" not in found and _is_figure(older):
        found["text.length"] = older
    return found


def _is_figure(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
