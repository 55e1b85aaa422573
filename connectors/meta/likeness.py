"""Whether a post on Meta is the one that was sent: times and texts as they come back."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""How far Meta's clock may be behind ours."""


def same_text(ours: str, theirs: str) -> bool:
    """Whether two texts read the same: white space and the form of characters may have changed on the way."""
    return _plain(ours) == _plain(theirs)


def moment(row: Mapping[str, Any], name: str) -> datetime | None:
    """A time of an answer, e.g. `2026-09-01T07:00:00+0000`; None where there is none that can be read."""
    try:
        found = datetime.fromisoformat(str(row.get(name)))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def since(row: Mapping[str, Any], name: str, intended: datetime) -> bool:
    """Whether something was made at or after the intent, as far as clocks can tell."""
    made = moment(row, name)
    return made is not None and made >= intended - CLOCK_TOLERANCE


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).replace("\u200b", "").split())
