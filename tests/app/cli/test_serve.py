from __future__ import annotations

import pytest

from tests.app.cli.conftest import Postd


@pytest.mark.parametrize("command", ["api", "worker", "scheduler"])
def test_a_part_without_servers_says_what_to_set(postd: Postd, command: str) -> None:
    done = postd(command, POSTD_DATABASE_URL=None, POSTD_REDIS_URL=None)

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Set POSTD_DATABASE_URL and POSTD_REDIS_URL to the servers that this installation uses. "
        "`postd demo`, `postd dev` and `postd all` bring their own."
    )


def test_a_setting_that_cannot_be_used_is_named(postd: Postd) -> None:
    done = postd("worker", POSTD_PUBLIC_URL="https://postd.example/path")

    assert done.returncode == 1
    assert "POSTD_PUBLIC_URL: must be an origin such as https://postd.example" in done.stderr
    assert "Traceback" not in done.stderr
