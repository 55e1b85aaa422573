"""Metrics: every series of the installation, in one registry of our own.

Labels are platforms, outcomes and kinds: few and known. Never a tenant, an id or anything that a user wrote. A root
imports this module once; what counts calls `metrics.PUBLISHES.labels(platform, outcome).inc()`.

Each process has its own figures; a scraper asks each process that listens (the API's `/metrics`, the workers' port).
"""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)

REGISTRY: Final = CollectorRegistry()
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
"""The media type of `render()`."""

# ---------------------------------------------------------------------------------------------- publishing

PUBLISHES: Final = Counter(
    "postd_publishes", "Publishes that came to an outcome.", ["platform", "outcome"], registry=REGISTRY
)
FAULTS: Final = Counter("postd_faults", "Faults that platforms answered with.", ["platform", "kind"], registry=REGISTRY)
DUE_LAG: Final = Histogram(
    "postd_due_lag_seconds",
    "From the planned time of a job to the request that publishes it.",
    ["platform"],
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600),
    registry=REGISTRY,
)
ACCEPTED_LAG: Final = Histogram(
    "postd_accepted_lag_seconds",
    "From when a job was owed to when its platform had accepted it.",
    ["platform"],
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600),
    registry=REGISTRY,
)
OBJECTIVE: Final = Gauge(
    "postd_punctuality_objective", "The share of posts that is meant to be accepted in time.", registry=REGISTRY
)
ACHIEVED: Final = Gauge(
    "postd_punctuality_achieved", "The share that was, over the objective's span.", registry=REGISTRY
)
BURN: Final = Gauge(
    "postd_punctuality_burn_rate",
    "How fast the budget of late posts is used up: at 1 it lasts just as long as the objective's span.",
    ["window"],
    registry=REGISTRY,
)
STALLED: Final = Gauge("postd_publishing_stalled", "1 while jobs are due and no worker claims any.", registry=REGISTRY)
HEARTBEATS: Final = Counter(
    "postd_heartbeats",
    "Signs of life to the monitor outside: sent, failed or withheld.",
    ["outcome"],
    registry=REGISTRY,
)
PRUNED: Final = Counter("postd_pruned_rows", "Rows that had had their time.", ["table"], registry=REGISTRY)
OLDEST_DUE: Final = Gauge(
    "postd_oldest_due_seconds", "How long the oldest job that is due has been waiting.", registry=REGISTRY
)
UNKNOWN: Final = Gauge("postd_jobs_unknown", "Jobs whose outcome is being looked for.", ["platform"], registry=REGISTRY)
NEEDS_REVIEW: Final = Gauge(
    "postd_jobs_needing_review", "Jobs whose outcome only a person can find out.", ["platform"], registry=REGISTRY
)

READINESS: Final = Gauge(
    "postd_jobs_due_soon",
    "Jobs that are due within 24 hours, by whether they go out as things stand; 200 of a workspace at most.",
    ["verdict"],
    registry=REGISTRY,
)
CONNECTIONS: Final = Gauge("postd_connections", "Connected accounts.", ["state"], registry=REGISTRY)
EXPIRING: Final = Gauge(
    "postd_tokens_expiring",
    "Accounts whose access ends within this time unless it is renewed, or has ended.",
    ["window"],
    registry=REGISTRY,
)

# ------------------------------------------------------------------------------------------------ machinery

OFFERS: Final = Counter("postd_scheduler_offers", "Wake-ups that the scheduler sent for due rows.", registry=REGISTRY)
LEASE_EXPIRIES: Final = Counter(
    "postd_lease_expiries", "Jobs that were taken from a worker that did not come back.", registry=REGISTRY
)
TOKEN_REFRESHES: Final = Counter(
    "postd_token_refreshes", "Tokens that were renewed, or could not be.", ["platform", "outcome"], registry=REGISTRY
)
CREDENTIALS_REFUSED: Final = Counter(
    "postd_credentials_refused", "Credentials that opened nothing: keys, tokens, others.", ["kind"], registry=REGISTRY
)
RATE_LIMITED: Final = Counter(
    "postd_rate_limited", "Requests that had to wait or were refused.", ["limit"], registry=REGISTRY
)
BREAKERS_OPENED: Final = Counter(
    "postd_breakers_opened",
    "Times that a platform in trouble was left alone.",
    ["platform", "operation"],
    registry=REGISTRY,
)
BREAKERS: Final = Gauge(
    "postd_breakers_standing", "Breakers of a platform that are not closed.", ["platform"], registry=REGISTRY
)
PARKED: Final = Gauge("postd_jobs_parked", "Jobs that wait for a condition.", ["platform", "reason"], registry=REGISTRY)
QUOTA_WAITS: Final = Counter(
    "postd_quota_waits", "Jobs that found an allowance of their platform used up.", ["platform"], registry=REGISTRY
)
BULKHEAD_WAITS: Final = Counter(
    "postd_bulkhead_waits",
    "Wake-ups that waited because their platform or workspace had its share of a worker.",
    ["platform"],
    registry=REGISTRY,
)
LIMITER_DOWN: Final = Counter(
    "postd_limiter_unavailable", "Requests let through because the limiter could not be asked.", registry=REGISTRY
)

# ------------------------------------------------------------------------------------------ incoming webhooks

WEBHOOKS: Final = Counter(
    "postd_webhooks",
    "Deliveries that came in, and what they were answered.",
    ["platform", "outcome"],
    registry=REGISTRY,
)
WEBHOOKS_PROCESSED: Final = Counter(
    "postd_webhooks_processed", "Tries to process a delivery.", ["platform", "outcome"], registry=REGISTRY
)

# ---------------------------------------------------------------------------------------------------- figures

FIGURE_RUNS: Final = Counter(
    "postd_figure_runs", "Looks at the figures of a connection.", ["platform", "outcome"], registry=REGISTRY
)
FIGURES: Final = Counter("postd_figures", "Figures that platforms gave.", ["platform"], registry=REGISTRY)

# ---------------------------------------------------------------------------------------------------- the bus

BUS_RESYNCS: Final = Counter(
    "postd_bus_resyncs",
    "Subscriptions of the bus to its server; one more than the lost connections.",
    registry=REGISTRY,
)
BUS_FAILURES: Final = Counter(
    "postd_bus_failures", "Messages that could not be sent; readers find the change by themselves.", registry=REGISTRY
)
BUS_AGE: Final = Gauge(
    "postd_bus_age_seconds", "Since the bus last heard anything, its own beat included.", registry=REGISTRY
)

# ---------------------------------------------------------------------------------------------------- the API

SOCKETS: Final = Gauge("postd_websockets", "Sockets that are open.", registry=REGISTRY)
OPERATIONS: Final = Counter("postd_graphql_operations", "GraphQL operations.", ["type", "outcome"], registry=REGISTRY)
OPERATION_SECONDS: Final = Histogram(
    "postd_graphql_operation_seconds",
    "How long queries and mutations took.",
    ["type", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)


def listen(host: str, first: int) -> int:
    """Serve /metrics in the background, on the first port from `first` on that is free; gives the port.

    Worker processes of one machine are told the same setting and stand next to each other.
    """
    for port in range(first, min(first + 100, 65536)):
        try:
            start_http_server(port, addr=host, registry=REGISTRY)
        except OSError:
            continue
        return port
    raise OSError(f"no port from {first} on is free on {host}: set POSTD_METRICS_PORT to another")


def render() -> bytes:
    """All series in the text format of Prometheus; send it as `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)
