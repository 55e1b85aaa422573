"""What every test gets: real servers, no way off the machine, and no setting of the developer's own shell.

Each topic is a file of its own under `tests/fixtures`.
"""

from __future__ import annotations

pytest_plugins = [
    "tests.fixtures.network",
    "tests.fixtures.servers",
    "tests.fixtures.descriptions",
    "tests.fixtures.shared_out",
]
