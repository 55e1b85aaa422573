"""The simulated platforms, for figures that have to be theirs."""

from __future__ import annotations

from tests.connectors.conftest import platforms

__all__ = ["platforms"]
