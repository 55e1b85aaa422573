"""What these tests share: a served API with the simulated platforms, and the browser of a user."""

from __future__ import annotations

from tests.fixtures.graph import graph, live_world
from tests.fixtures.people import door
from tests.fixtures.site import api, browser, live_server, log, sandbox, site

__all__ = ["api", "browser", "door", "graph", "live_server", "live_world", "log", "sandbox", "site"]
