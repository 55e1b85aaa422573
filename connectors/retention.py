"""How long what a platform tells may be kept, as its terms say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """Limits that a platform sets; None: as long as the installation keeps it."""

    people: timedelta | None = None
    """Who they are: ids and names."""
    activity: timedelta | None = None
    """What they did and said: words, and the ids of their comments."""
    figures: Mapping[str, timedelta] = field(default_factory=dict)
    """Figures that were told of an account and its posts, by the account's kind; kinds without a limit are left out."""
    source: str = ""
