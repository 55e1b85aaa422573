"""docs/metrics.md says what the vocabulary and the connectors declare."""

from __future__ import annotations

from connectors.catalog import BUILT_IN
from connectors.metric_names import METRICS, MetricName
from tests.docs import metrics_page


def test_the_page_is_what_is_declared() -> None:
    assert metrics_page.FILE.read_text() == metrics_page.render(), f"rewrite it: {metrics_page.COMMAND}"


def test_every_name_is_explained_and_given_by_somebody() -> None:
    assert set(METRICS) == set(MetricName)
    given = {name for one in BUILT_IN for name in (*one.capabilities.figures.posts, *one.capabilities.figures.account)}
    assert given == set(MetricName)


def test_every_platform_says_what_it_gives_and_where_that_stands() -> None:
    for one in BUILT_IN:
        figures = one.capabilities.figures
        assert figures.posts
        assert figures.account
        assert figures.note.endswith(".")
        assert figures.source.startswith("https://")
