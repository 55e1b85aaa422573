"""What a member may do: roles as named sets of scopes (`app/kernel/roles.py`).

Each role holds all that the one before it holds. The scope `operator` belongs to no role: it is about the whole
installation and is given to a person on the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.kernel.roles import ROLES


class Role(StrEnum):
    """What a member may do in one workspace."""

    VIEWER = "viewer"
    """Sees everything of the workspace."""
    EDITOR = "editor"
    """Also makes, changes and cancels posts that wait."""
    PUBLISHER = "publisher"
    """Also lets posts go out."""
    ADMIN = "admin"
    """Also connects accounts, makes keys and decides about members."""


SCOPES: Final[Mapping[Role, frozenset[str]]] = {role: frozenset(ROLES[role.value]) for role in Role}
"""Role -> the scopes that it stands for, as they are stored of keys."""
OPERATOR: Final = "operator"
"""The scope that a person's own flag adds."""


def scopes_of(role: Role, *, operator: bool) -> frozenset[str]:
    """What a person with this role may do; `operator` is the person's flag."""
    return SCOPES[role] | {OPERATOR} if operator else SCOPES[role]
