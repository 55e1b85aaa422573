"""How operators say how long ago and how fast: `2h`, `3d`, an instant; `5/s`, `30/m`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AGO = re.compile(r"(\d{1,6})([smhd])")
_RATE = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)/([smh])")


def since(text: str, now: datetime) -> datetime:
    """The instant that `2h` (ago) or an ISO instant means; one without an offset is UTC.

    Raises:
        BadParameter: it is neither.
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(seconds=int(ago[1]) * SECONDS[ago[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither like 2h or 3d nor an instant.") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def rate(text: str) -> float:
    """How many a second `5/s`, `30/m` or `100/h` means.

    Raises:
        BadParameter: it is none of these, or nothing.
    """
    found = _RATE.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise typer.BadParameter(f"{text!r} is not a rate such as 5/s, 30/m or 100/h.")
    return float(found[1]) / SECONDS[found[2]]
