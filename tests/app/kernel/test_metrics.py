from __future__ import annotations

import socket
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from app.kernel import metrics


def test_a_count_is_rendered_with_its_labels() -> None:
    labels = {"platform": "test", "outcome": "published"}
    before = metrics.REGISTRY.get_sample_value("postd_publishes_total", labels) or 0
    metrics.PUBLISHES.labels("test", "published").inc()
    samples = [
        sample
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
        if sample.name == "postd_publishes_total" and sample.labels == labels
    ]
    assert [sample.value for sample in samples] == [before + 1]


def test_the_content_type_is_that_of_prometheus() -> None:
    assert metrics.CONTENT_TYPE.startswith("text/plain; version=")


def test_every_series_is_ours_and_described() -> None:
    families = list(text_string_to_metric_families(metrics.render().decode()))
    assert len(families) > 15
    assert all(family.name.startswith("postd_") and family.documentation for family in families)


def test_no_series_can_be_flooded_by_users() -> None:
    names = {label for series in vars(metrics).values() for label in getattr(series, "_labelnames", ())}
    words = {
        "platform",
        "outcome",
        "kind",
        "limit",
        "type",
        "operation",
        "reason",
        "table",
        "window",
        "state",
        "verdict",
    }
    assert names == words


def test_processes_of_one_machine_stand_next_to_each_other() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        first = taken.getsockname()[1]

        port = metrics.listen("127.0.0.1", first)

    assert first < port < first + 100
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"postd_due_lag_seconds" in answer.read()
