"""Sums of what may be absent: never 0 for nothing, the same in any order, and honest about what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.domain.figures.model import PostFigures
from app.domain.figures.totals import Totals, add, beside, change, of_rows
from connectors.metric_names import MetricName

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = (MetricName.LIKES, MetricName.COMMENTS, MetricName.SHARES, MetricName.REACH, MetricName.AVERAGE_WATCH_MS)
COUNTS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10**12))
GIVEN = {"a": NAMES[:3], "b": NAMES}


def post(platform: str, figures: dict[MetricName, int], *, age: int = 0, measured: bool = True) -> PostFigures:
    """A row; one that nobody has told anything about has no figures."""
    return PostFigures(
        tenant_id=uuid4(),
        part_id=uuid4(),
        platform=platform,
        figures={name.value: count for name, count in figures.items()} if measured else {},
        measured_at=NOW - timedelta(hours=age) if measured else None,
        missing_since=None if measured else NOW,
        complete=True,
    )


POSTS = st.lists(
    st.builds(post, st.sampled_from("ab"), COUNTS, age=st.integers(0, 9), measured=st.booleans()), max_size=8
)


def total(rows: list[PostFigures]) -> Totals:
    """The totals of rows."""
    return add(*of_rows(rows), GIVEN)


@given(POSTS)
def test_a_sum_is_of_those_that_gave_it(rows: list[PostFigures]) -> None:
    found = total(rows)
    assert (found.posts, found.measured) == (len(rows), sum(row.measured_at is not None for row in rows))
    for one in found.totals:
        told = [row for row in rows if one.metric.value in row.figures]
        counts = [row.figures[one.metric.value] for row in told]
        mean = one.metric is MetricName.AVERAGE_WATCH_MS
        assert one.value == (None if not counts else round(sum(counts) / len(counts)) if mean else sum(counts))
        assert (one.posts, one.of, one.complete) == (len(told), len(rows), len(told) == len(rows))
        assert set(one.missing_on) == {row.platform for row in rows} - {row.platform for row in told}
        moments = sorted(row.measured_at for row in told if row.measured_at is not None)
        assert (one.oldest, one.newest) == ((moments[0], moments[-1]) if moments else (None, None))


@given(POSTS)
def test_the_rate_rests_on_posts_that_give_all_four(rows: list[PostFigures]) -> None:
    found = total(rows)
    rated = [row.figures for row in rows if set(NAMES[:4]) <= set(row.figures)]
    reach = sum(one["reach"] for one in rated)
    assert found.rated == len(rated)
    assert found.rate == (
        sum(one["likes"] + one["comments"] + one["shares"] for one in rated) / reach if reach else None
    )


@given(POSTS, POSTS)
def test_the_period_before_stands_beside_it_and_changes_nothing(
    rows: list[PostFigures], old: list[PostFigures]
) -> None:
    now, before = total(rows), total(old)
    both = beside(now, before)
    known = {one.metric: one.value for one in before.totals}
    assert [one.previous for one in both.totals] == [known.get(one.metric) for one in now.totals]
    assert [one.value for one in both.totals] == [one.value for one in now.totals]


@given(st.none() | st.integers(0, 10**12), st.none() | st.integers(0, 10**12))
def test_a_change_is_known_where_both_are(value: int | None, previous: int | None) -> None:
    by, ratio = change(value, previous)
    assert (by is None) == (value is None or previous is None)
    assert (ratio is None) == (by is None or previous == 0)
    if by is not None:
        assert value == (previous or 0) + by
