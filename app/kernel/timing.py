"""The publisher's rhythm: every interval as a setting of its own, in seconds, read like the other settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.kernel.late_policy import LatePolicy

DAY = 86400.0
"""Seconds."""


class Timing(BaseSettings):
    """Every interval of the publisher, in seconds. The demo and the tests run them short."""

    model_config = SettingsConfigDict(env_prefix="POSTD_", env_file=".env", extra="ignore", frozen=True)

    lease: float = Field(default=60, gt=0, description="How long a worker owns a job before others may take it over.")
    lease_margin: float = Field(default=10, gt=0, description="How long before the end of its lease a worker gives up.")
    offer_again: float = Field(default=30, gt=0, description="When a wake-up that nobody answered is sent again.")
    scan: float = Field(default=0.25, gt=0, description="The longest sleep of the scheduler.")
    settle_delay: float = Field(
        default=90, gt=0, description="How long reconcile waits before it believes 'not found'."
    )
    platform_pace: float = Field(
        default=1,
        gt=0,
        description="Multiplies the delays that platforms declare; for simulated ones that settle at once.",
    )
    backoff: float = Field(default=15, gt=0, description="The first wait after a transient fault; doubled each time.")
    backoff_cap: float = Field(default=1800, gt=0, description="The longest wait between two tries.")
    max_attempts: int = Field(default=8, ge=1, description="How many tries a job has.")
    max_crashes: int = Field(default=3, ge=1, description="How many workers a job may take down before it is buried.")
    publish_window: float = Field(
        default=6 * 3600, gt=0, description="publishBy when the user gives none: planned time plus this."
    )
    late_policy: LatePolicy = Field(
        default=LatePolicy.FAIL,
        description="What follows when a post has not gone out by publishBy, unless the post or its workspace says "
        "otherwise: fail, publish (all the same) or ask (a person).",
    )
    review_after: float = Field(
        default=900, gt=0, description="How long an unknown outcome is searched for before a person is asked."
    )
    refresh_ahead: float = Field(
        default=600, gt=0, description="A token that dies within this time is refreshed first."
    )
    monitor: float = Field(default=60, gt=0, description="The shortest time between two looks at a connection.")
    ping_every: float = Field(
        default=86400, gt=0, description="How often each platform is asked whether an account can still be used."
    )
    expiry_horizon: float = Field(
        default=7 * 86400,
        gt=0,
        description="A connection whose token dies within this, and within a fifth of its life, is expiring soon.",
    )
    feed_poll: float = Field(
        default=15, gt=0, description="How often a live feed looks by itself, should a bus message be lost."
    )
    event_retention: float = Field(
        default=7 * 86400, gt=0, description="How long events are kept for resuming subscribers."
    )
    attempt_retention: float = Field(
        default=90 * DAY,
        ge=DAY,
        description="How long the tries of published and cancelled jobs are kept; those of other jobs stay.",
    )
    audit_retention: float = Field(default=730 * DAY, ge=30 * DAY, description="How long the audit log is kept.")
    address_retention: float = Field(
        default=30 * DAY,
        ge=DAY,
        description="How long the audit log keeps whole addresses of callers; then only their networks.",
    )
    key_retention: float = Field(
        default=7 * DAY, ge=DAY, description="How long idempotency keys are known: a later repeat is a new request."
    )
    check_retention: float = Field(
        default=30 * DAY, ge=DAY, description="How long the checks of connections are kept, for their timelines."
    )
    objective_seconds: float = Field(
        default=60, gt=0, description="A post is in time when its platform has accepted it within this."
    )
    objective_target: float = Field(
        default=0.99, gt=0, lt=1, description="The share of posts that is meant to be in time."
    )
    objective_days: float = Field(
        default=30, gt=0, le=365, description="Over how many days the objective for punctuality is measured."
    )
    heartbeat_every: float = Field(
        default=60, gt=0, description="How often the scheduler looks whether posts go out, and gives its sign of life."
    )
    stall_after: float = Field(
        default=300,
        gt=0,
        description="Publishing stands still when jobs were due for longer than this and none was claimed.",
    )
    webhook_retention: float = Field(
        default=30 * 86400, gt=0, description="How long incoming webhooks are kept, and so known as duplicates."
    )
    webhook_orphan_retention: float = Field(
        default=7 * 86400, gt=0, description="How long incoming webhooks are kept that concern no account here."
    )
    figures_scan: float = Field(
        default=10, gt=0, description="How often the scheduler looks for figures that are due to be collected."
    )
    figures_retention: float = Field(
        default=730 * DAY, ge=DAY, description="How long snapshots of figures are kept; the newest ones stay."
    )
    figures_run_retention: float = Field(
        default=30 * DAY, ge=DAY, description="How long it is kept when figures were collected and what came of it."
    )
    media_unused: float = Field(default=30 * 86400, gt=0, description="How long a file is kept that no post has shown.")
    breaker_window: float = Field(
        default=60, gt=0, description="The time in which calls are counted that met a platform in trouble."
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="How many such calls, and at least half of all, stop posts to a platform."
    )
    breaker_pause: float = Field(
        default=30, gt=0, description="How long a platform in trouble is left alone first; doubled each time."
    )
    breaker_pause_cap: float = Field(default=600, gt=0, description="The longest time that it is left alone.")
    breaker_spread: float = Field(
        default=5, gt=0, description="Posts that waited for a platform go out over at least this time, not at once."
    )
    request_timeout: float = Field(default=30, gt=0, description="Total time of one call to a platform.")

    @property
    def objective_span(self) -> timedelta:
        """How far back the objective for punctuality looks."""
        return timedelta(days=self.objective_days)

    @property
    def horizon(self) -> timedelta:
        """How far ahead a dying token is a reason to tell the user."""
        return timedelta(seconds=self.expiry_horizon)

    @property
    def monitor_interval(self) -> timedelta:
        """The shortest time between two looks at a connection."""
        return timedelta(seconds=self.monitor)

    @property
    def ping_interval(self) -> timedelta:
        """How often a connection is proved at its platform."""
        return timedelta(seconds=self.ping_every)

    @property
    def renew_ahead(self) -> timedelta:
        """How long before its end a token is renewed at the latest."""
        return timedelta(seconds=self.refresh_ahead)

    @model_validator(mode="after")
    def margins_fit(self) -> Self:
        """Refuse a margin that leaves a worker no time."""
        if self.lease_margin >= self.lease:
            raise ValueError("POSTD_LEASE_MARGIN must be shorter than POSTD_LEASE")
        return self
