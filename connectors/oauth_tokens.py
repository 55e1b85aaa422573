"""Reads the answer of a token endpoint (RFC 6749 §5.1) into `Tokens`, whatever its habits.

Ends are absolute: computed from the moment of the answer, since a relative one is worth nothing an hour later. An end
that is not stated is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.contract import Tokens
from connectors.faults import HINTS, Fault, FaultKind, PlatformFault
from connectors.secret import Secret

_SECRET_FIELDS: Final = frozenset({"access_token", "refresh_token", "id_token"})
_REFRESH_ENDS: Final = ("refresh_token_expires_in", "refresh_expires_in")
_LONGEST_SECONDS: Final = 10 * 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Tokens, and what else the answer said."""

    tokens: Tokens
    fields: Mapping[str, Any]
    """Every field but the tokens themselves, e.g. `sub`."""


def read_tokens(
    said: Any,
    now: datetime,
    *,
    previous: Tokens | None = None,
    scopes: Sequence[str] = (),
    separator: str = " ",
    bound: bool = False,
) -> TokenAnswer:
    """The tokens in an answer that came at `now`.

    What the answer leaves out is taken from the `previous` tokens (a refresh token that does not rotate, the scopes,
    everything in `extra`), else scopes from those asked for. With `bound`, tokens must be bound to our DPoP key.
    Raises `PlatformFault` (`UNEXPECTED_ANSWER`) where there is no usable token.
    """
    if not isinstance(said, dict) or not isinstance(said.get("access_token"), str) or not said["access_token"]:
        raise _unexpected("The platform answered without an access token.")
    if bound and str(said.get("token_type", "")).lower() != "dpop":
        raise _unexpected("The platform gave a token that is not bound to our key.")
    rotated = said.get("refresh_token")
    refresh_ends = next((end for name in _REFRESH_ENDS if (end := _end(said.get(name), now)) is not None), None)
    refresh = Secret(rotated) if isinstance(rotated, str) and rotated else None
    if refresh is None and previous is not None:
        refresh = previous.refresh
        refresh_ends = refresh_ends or previous.refresh_expires_at
    tokens = Tokens(
        access=Secret(said["access_token"]),
        refresh=refresh,
        expires_at=_end(said.get("expires_in"), now),
        refresh_expires_at=refresh_ends,
        scopes=_scopes(said.get("scope"), separator) or (previous.scopes if previous else tuple(scopes)),
        extra=dict(previous.extra) if previous else {},
    )
    return TokenAnswer(tokens, {name: value for name, value in said.items() if name not in _SECRET_FIELDS})


def _end(seconds: Any, now: datetime) -> datetime | None:
    """The moment so many seconds from now; servers send numbers, or numbers as text."""
    try:
        count = float(seconds) if isinstance(seconds, str | int | float) and not isinstance(seconds, bool) else None
    except ValueError:
        return None
    if count is None or not math.isfinite(count) or count < 0:
        return None
    return now + timedelta(seconds=min(count, _LONGEST_SECONDS))


def _scopes(value: Any, separator: str) -> tuple[str, ...]:
    if isinstance(value, str):
        # Some servers ask with one separator and answer with another.
        return tuple(value.replace(separator, " ").replace(",", " ").split())
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _unexpected(message: str) -> PlatformFault:
    kind = FaultKind.UNEXPECTED_ANSWER
    return PlatformFault(Fault(kind, message, hint=HINTS[kind]))
