"""Roles as named sets of scopes, as they are stored of keys: for people, and for tokens of other issuers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "viewer": ("read",),
    "editor": ("read", "write:posts"),
    "publisher": ("read", "write:posts", "publish"),
    "admin": ("read", "write:posts", "publish", "connections", "admin"),
}
