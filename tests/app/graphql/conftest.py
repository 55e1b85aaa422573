"""What these tests share: the API over a workspace."""

from __future__ import annotations

from tests.fixtures.graph import graph, live_world, other_graph, url

__all__ = ["graph", "live_world", "other_graph", "url"]
