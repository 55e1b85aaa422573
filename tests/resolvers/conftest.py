"""What the tests of the API share: a workspace, and the API over it."""

from __future__ import annotations

from tests.fixtures.database import db, migrated_url, owner, template
from tests.fixtures.graph import graph, live_world, other_graph, url
from tests.fixtures.people import door, mailing
from tests.fixtures.world import stranger, world

__all__ = [
    "db",
    "door",
    "graph",
    "live_world",
    "mailing",
    "migrated_url",
    "other_graph",
    "owner",
    "stranger",
    "template",
    "url",
    "world",
]
