"""How long what a platform tells about other people may be kept, as its terms say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """Limits that a platform sets; None: as long as the installation keeps it."""

    people: timedelta | None = None
    """Who they are: ids and names."""
    activity: timedelta | None = None
    """What they did and said: words, and the ids of their comments."""
    source: str = ""
