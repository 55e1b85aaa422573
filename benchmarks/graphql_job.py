"""One job by its id by GraphQL, over HTTP, 16 connections.

Reference: a hand-written route that gives the same JSON by asyncpg and orjson (`benchmarks/measuring/plain_api.py`),
in a process of its own, in turn with ours. The two answers are compared before anything is measured.

    python -m benchmarks.graphql_job [--quick]
"""

from __future__ import annotations

from benchmarks.measuring.documents import JOB
from benchmarks.measuring.query import Planned, compare
from benchmarks.measuring.requests import Target, graphql
from schema.node import encode


def main() -> None:
    """Measure and print."""

    def ours(planned: Planned, port: int) -> Target:
        return graphql(port, planned.caller.key, JOB, {"id": encode("Job", planned.job)})

    def plain(planned: Planned, port: int) -> Target:
        return Target(port, "GET", f"/{planned.caller.tenant}/jobs/{planned.job}", {})

    compare("graphql_job", "One job by its id by GraphQL beside a hand-written route.", ours, plain)


if __name__ == "__main__":
    main()
