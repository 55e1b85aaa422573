from __future__ import annotations

from tests.app.cli.conftest import Postd


def test_a_platform_is_paused_listed_and_resumed(postd: Postd) -> None:
    assert "bluesky  closed" in postd("platforms", "list").stdout.splitlines()
    done = postd("platforms", "pause", "bluesky", "--reason", "They asked us to.")
    assert (done.returncode, done.stdout) == (0, "bluesky  paused\n")
    (line,) = [one for one in postd("platforms", "list").stdout.splitlines() if one.startswith("bluesky")]
    assert line.startswith("bluesky  paused  all  since ")
    assert line.endswith("  They asked us to.")
    done = postd("platforms", "resume", "bluesky")
    assert (done.returncode, done.stdout) == (0, "bluesky  closed  0 posts go out\n")
    again = postd("platforms", "resume", "bluesky")
    assert (again.returncode, "is not paused" in again.stderr) == (1, True)


def test_a_platform_that_is_not_there_is_refused(postd: Postd) -> None:
    done = postd("platforms", "pause", "nowhere", "--reason", "x")
    assert (done.returncode, "Use one of: bluesky" in done.stderr) == (1, True)
