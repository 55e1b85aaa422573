"""A representative part of the matrix: every platform, the windows around the irreversible request, two faults."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.torture.faults import STRIKES
from tests.torture.matrix import Matrix
from tests.torture.platforms import TARGETS
from tests.torture.stage import Stage
from tests.torture.windows import WINDOWS, Outcome, not_applicable, promised

PART = ("claimed", "container_made", "intended", "acted", "answered")
# A member's posts go to a person after the installation's patience: too long for here.
PLATFORMS = ("bluesky", "mastodon", "linkedin", "facebook", "instagram")
SLOW = 240


@pytest.mark.timeout(SLOW)
async def test_every_post_is_out_once(stage: Stage) -> None:
    said: list[str] = []
    matrix = Matrix(stage, said.append)
    await matrix.fill([TARGETS[key] for key in PLATFORMS], [WINDOWS[key] for key in PART])
    assert (len(matrix.cells), len(matrix.empty)) == (21, 4)
    for key in ("kill", "database_reset"):
        results = await matrix.round(STRIKES[key])
        assert Counter(result.outcome for result in results) == {Outcome.ONCE: 21, None: 4}, said
    await matrix.close()


def test_every_cell_exists_or_says_why_it_does_not() -> None:
    missing = {(t.key, w.key) for t in TARGETS.values() for w in WINDOWS.values() if not_applicable(t, w)}
    assert missing == {
        *((key, window) for key in ("mastodon", "linkedin-member") for window in ("refresh_sent", "refresh_answered")),
        *((key, "container_made") for key in TARGETS if key != "instagram"),
        ("linkedin-member", "looking"),
    }


def test_twice_is_promised_nowhere_but_where_nobody_can_promise() -> None:
    twice = {(t.key, w.key) for t in TARGETS.values() for w in WINDOWS.values() if Outcome.TWICE in promised(t, w)}
    assert twice == {("facebook", "acts_late")}
