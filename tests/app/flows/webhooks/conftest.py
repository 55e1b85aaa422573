from __future__ import annotations

import pytest

from tests.fixtures.deliveries import Incoming
from tests.fixtures.world import World


@pytest.fixture
def incoming(world: World) -> Incoming:
    """Give the way in."""
    return Incoming(world)
