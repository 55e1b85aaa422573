"""What a setting's value must look like. Each rule gives the value as it is used, or says what is wrong with it.

The reasons are read by operators beside the variable's name. They do not repeat the value: it may hold a password.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from email.utils import parseaddr
from ipaddress import ip_network
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_FIELD = re.compile(r'field "(\w+)"')


def database(value: SecretStr) -> SecretStr:
    """Take the address of a PostgreSQL server."""
    wrong = ValueError("must be an address such as postgresql://user:password@host/postd")
    try:
        url = make_url(value.get_secret_value())
    except (ArgumentError, ValueError):
        raise wrong from None
    if url.drivername.partition("+")[0] not in {"postgresql", "postgres"}:
        raise wrong
    return value


def redis(value: SecretStr) -> SecretStr:
    """Take the address of a Redis or Valkey server."""
    parts = _split(value.get_secret_value())
    if parts is None or parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must be an address such as redis://:password@host:6379/0")
    return value


def http(value: str) -> str:
    """Take the address of an HTTP server, with a path or without."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://host")
    return value


def secret_http(value: SecretStr) -> SecretStr:
    """Take the address of an HTTP server that is as good as a password: who knows it can use it."""
    http(value.get_secret_value())
    return value


def smtp(value: SecretStr) -> SecretStr:
    """Take the address of a mail server."""
    parts = _split(value.get_secret_value())
    if parts is None or parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an address such as smtp://user:password@host:587")
    return value


def sender(value: str) -> str:
    """Take a sender as mail shows it: an address, with a name before it or without."""
    if value and ("@" not in parseaddr(value)[1] or any(ord(letter) < 32 for letter in value)):
        raise ValueError("must be a sender such as POSTD <postd@example.org>")
    return value


def own_origin(value: str) -> str:
    """Keep the origin: a path there would break redirect addresses."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an origin such as https://postd.example, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def origins(value: tuple[str, ...]) -> tuple[str, ...]:
    """Take origins as browsers write them: a path or a slash behind one would never be equal to what they send."""
    found = []
    for word in value:
        parts = _split(word)
        if parts is None or not parts.scheme or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be origins such as https://planner.example, without a path")
        found.append(f"{parts.scheme}://{parts.netloc.lower()}")
    return tuple(found)


def proxies(value: tuple[str, ...]) -> tuple[str, ...]:
    """Take addresses and networks, or `*`: a host's name would never be equal to the address that calls."""
    return value if value == ("*",) else networks(value)


def networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is not a network at start, not at the first call."""
    for word in value:
        try:
            ip_network(word)
        except ValueError as error:
            raise ValueError(f"must be addresses or networks such as 10.0.0.0/8: {error}") from None
    return value


def log_level(value: str) -> str:
    """Take a level that exists."""
    if value.upper() not in logging.getLevelNamesMapping():
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return value.upper()


def fault(place: Sequence[int | str], message: str) -> tuple[str, str]:
    """The variable that a validation error speaks of, and the reason. A rule over several values names them itself."""
    reason = message.removeprefix("Value error, ")
    if not place:
        name, _, rest = reason.partition(" ")
        return name, rest
    return f"POSTD_{'__'.join(map(str, place)).upper()}", reason


def unreadable(message: str) -> tuple[str, str]:
    """The variable whose JSON cannot be read, by the message of the library that read it."""
    found = _FIELD.search(message)
    return (f"POSTD_{found[1].upper()}", "is not JSON") if found else ("POSTD_SECRETS_DIR", message)


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port  # a port that is no number is found when it is asked for
    except ValueError:
        return None
    return parts
