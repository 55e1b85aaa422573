"""Who the servers run as, as plain data: `rootless` chooses it, `processes` starts programs with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """How a server is started: as which user and group, and through which command."""

    user: int | None = None
    group: int | None = None
    prefix: tuple[str, ...] = ()


OURSELVES = Identity()
"""The user who runs the keeper."""
