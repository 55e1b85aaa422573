"""What every test gets: real servers, no way off the machine, and no setting of the developer's own shell.

Each topic is a file of its own under `tests/fixtures`.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.network",
    "tests.fixtures.servers",
    "tests.fixtures.descriptions",
    "tests.fixtures.shared_out",
]

# How fast a machine is says nothing about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
