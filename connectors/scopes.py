"""The rights that a connection may have at a platform, and what does not work without each.

A platform declares them; what was granted is compared with them by name when a post is made and when it goes out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class ScopeUse(StrEnum):
    """What does not work without a right."""

    PUBLISH = "publish"
    """No post goes out without it."""
    MEDIA = "media"
    """No post with files goes out without it."""
    PARTS = "parts"
    """No post with further parts goes out without it: replies of a thread, a first comment."""
    FIGURES = "figures"
    """Posts go out without it; figures, or a look after a lost answer, do not work."""
    UNSTATED = "unstated"
    """The connector does not say: a post may be refused without it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A right that is asked for, and what it is needed for."""

    name: str
    purpose: str
    use: ScopeUse = ScopeUse.UNSTATED
    kinds: tuple[str, ...] = ()
    """The kinds of account (`Account.kind`) that it is for; empty: all."""

    def concerns(self, kind: str) -> bool:
        """Whether an account of this kind needs it at all."""
        return not self.kinds or kind in self.kinds

    def granted_by(self, granted: Collection[str]) -> bool:
        """Whether these rights hold this one: by name, or by one that it is a part of (`write:media` of `write`)."""
        return self.name in granted or self.name.partition(":")[0] in granted
