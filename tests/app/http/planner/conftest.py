"""What these tests share: a served API, a worker's loop in this process, and one browser for the module."""

from __future__ import annotations

from tests.fixtures.site import api, live_server, log, sandbox, site

__all__ = ["api", "live_server", "log", "sandbox", "site"]
