"""Makes docs/metrics.md out of the vocabulary of figures and the connectors' own declarations.

python -m tests.docs.metrics_page --write
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping

from connectors.capabilities import Capabilities
from connectors.catalog import BUILT_IN
from connectors.metric_names import METRICS, MetricKind, MetricName
from schema.words import sentences
from tests.docs.markdown import PROJECT, table

FILE = PROJECT / "docs" / "metrics.md"
COMMAND = "python -m tests.docs.metrics_page --write"
HEAD = f"""\
# Metrics

Figures of posts and accounts have the same names on every platform. This page is made from the vocabulary
(`connectors/metric_names.py`) and from what the connectors declare (`connectors/<platform>/metric_table.py`). Do not
edit it: change those, then run `{COMMAND}`.

A figure that a platform does not give is `null`, never 0. How figures are collected, added up and compared stands in
[the guide](guide.md#what-became-of-posts).

## The names
"""
KINDS: Mapping[MetricKind | None, str] = {
    None: "",
    MetricKind.COUNTER: "all since the publish",
    MetricKind.GAUGE: "as it is now",
    MetricKind.DELTA: "of one day",
    MetricKind.AVERAGE: "a mean",
}


def render() -> str:
    """The whole page."""
    every = sorted((connector.capabilities for connector in BUILT_IN), key=lambda item: item.key)
    said = sentences(MetricName)
    head = ("metric", "what it counts", "unit", "of a post", "of an account", "adds up")
    names = table(head, (_name(name, said[name.name]) for name in METRICS))
    return "\n".join([HEAD, names, *_tables(every), *(line for item in every for line in _chapter(item))])


def _name(name: MetricName, said: str) -> tuple[str, ...]:
    metric = METRICS[name]
    adds = "yes" if metric.adds_up else "no"
    return (f"`{name.name}`", said, metric.unit.value, KINDS[metric.of_post], KINDS[metric.of_account], adds)


def _tables(every: list[Capabilities]) -> Iterator[str]:
    head = ("metric", *(item.name for item in every))
    yield "## What platforms call them, of posts\n"
    yield table(head, _rows([item.figures.posts for item in every]))
    yield "## What platforms call them, of accounts\n"
    yield table(head, _rows([item.figures.account for item in every]))


def _rows(given: list[Mapping[MetricName, str]]) -> Iterator[tuple[str, ...]]:
    for name in METRICS:
        if any(name in one for one in given):
            yield (f"`{name.name}`", *(f"`{one[name]}`" if name in one else "" for one in given))


def _chapter(item: Capabilities) -> Iterator[str]:
    figures = item.figures
    yield f"## {item.name}\n"
    yield textwrap.fill(figures.note, 118, break_long_words=False, break_on_hyphens=False) + "\n"
    past = "none: figures begin with the first look"
    if figures.history is not None:
        past = f"the account's days, {figures.history.days} of them, {figures.history.page} at a time"
    yield table(("the past", "stated by"), ((past, f"[source]({figures.source})"),))


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {COMMAND}")
    FILE.write_text(render())
