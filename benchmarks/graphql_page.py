"""A planner's page by GraphQL: 20 posts with their jobs and connections, over HTTP, 16 connections.

Reference: a hand-written route that gives the same JSON by asyncpg and orjson (`benchmarks/measuring/plain_api.py`),
in a process of its own, in turn with ours. The two answers are compared before anything is measured.

    python -m benchmarks.graphql_page [--quick]
"""

from __future__ import annotations

from benchmarks.measuring.documents import PAGE
from benchmarks.measuring.query import Planned, compare
from benchmarks.measuring.requests import Target, graphql

POSTS = 20


def main() -> None:
    """Measure and print."""

    def ours(planned: Planned, port: int) -> Target:
        return graphql(port, planned.caller.key, PAGE, {"first": POSTS})

    def plain(planned: Planned, port: int) -> Target:
        return Target(port, "GET", f"/{planned.caller.tenant}/page?first={POSTS}", {})

    compare("graphql_page", "A planner's page by GraphQL beside a hand-written route.", ours, plain)


if __name__ == "__main__":
    main()
