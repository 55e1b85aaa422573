"""The accounts that a fresh sandbox has, so that a first try needs no preparation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connectors.sandbox.world import Platform, World


class Seed(NamedTuple):
    """One ready account."""

    platform: str
    handle: str
    name: str
    password: str | None = None
    admin: str | None = None
    """Of a page: the handle of the account that manages it."""


SEEDS = (
    Seed("bluesky", "alice.test", "Alice Example", "alice-test-app-pass"),
    Seed("bluesky", "bakery.test", "The Corner Bakery", "bakery-test-app-pass"),
    Seed("mastodon", "bob", "Bob Example"),
    Seed("mastodon", "bakery", "The Corner Bakery"),
    Seed("linkedin", "carol-example", "Carol Example"),
    Seed("linkedin", "corner-bakery", "The Corner Bakery", admin="carol-example"),
    Seed("meta", "corner.bakery", "The Corner Bakery"),
)


def plant(world: World, platforms: Mapping[str, Platform]) -> None:
    """Create the accounts of every platform that has none yet."""
    empty = {name for name in platforms if next(world.tables.rows(f"{name}.accounts"), None) is None}
    for seed in SEEDS:
        if seed.platform in empty:
            body = {"name": seed.name, "password": seed.password, "admin": seed.admin}
            platforms[seed.platform].add_account(seed.handle, body)
