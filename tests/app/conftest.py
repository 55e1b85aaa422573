"""What the tests of the application share: a migrated database for each module, and a workspace for each test."""

from __future__ import annotations

from tests.fixtures.database import db, migrated_url, owner, template
from tests.fixtures.world import stranger, world

__all__ = ["db", "migrated_url", "owner", "stranger", "template", "world"]
