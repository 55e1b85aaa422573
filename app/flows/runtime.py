"""What a process of POSTD works with: made once by a root, handed to edges and flows, closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis

from app.flows.limits.weather import Weather
from app.kernel.clock import Clock, SystemClock
from app.kernel.settings import PlatformApp, Settings
from app.services.bulkheads import Bulkheads
from app.services.bus import Bus
from app.services.crowds import Crowds
from app.services.db import Database
from app.services.key_sets import KeySets
from app.services.limits import Limiter
from app.services.outcomes import Outcomes
from app.services.storage import Store
from app.services.vault import Keyring, Vault
from app.version import VERSION
from connectors.catalog import Catalog, UnknownPlatform
from connectors.contract import AppCredentials, ConnectorSettings, Context, QuotaFigure
from connectors.egress import EgressPolicy
from connectors.exchanges import Exchange
from connectors.http_pool import HttpPool
from connectors.quotas import QuotaRule
from connectors.secret import Secret
from connectors.transport import Heed, Transport


class NotConfigured(Exception):
    """A setting that this process needs is missing; the message says which and how to set it."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The services of one process."""

    settings: Settings
    clock: Clock
    db: Database
    bus: Bus
    redis: Redis
    vault: Vault
    limiter: Limiter
    store: Store
    catalog: Catalog
    pools: dict[str, HttpPool]
    """One pool of connections a platform: a slow platform cannot take another's."""
    weather: Weather
    bulkheads: Bulkheads[Any]
    """How much of this process one platform, or one workspace, may hold."""
    crowds: Crowds
    key_sets: KeySets = field(default_factory=KeySets)

    def quotas(self, platform: str) -> tuple[QuotaRule, ...]:
        """The allowances that a platform declares; none where its connector was taken out."""
        with suppress(UnknownPlatform):
            return self.catalog.get(platform).capabilities.quotas
        return ()

    def settle_delay(self, platform: str) -> timedelta:
        """How long to wait before reconcile looks: the platform's own figure, else the installation's."""
        timing = self.settings.timing
        declared = None
        with suppress(UnknownPlatform):  # a connector that was taken out must not keep its jobs from being rescued
            declared = self.catalog.get(platform).capabilities.settle_delay
        return declared * timing.platform_pace if declared is not None else timedelta(seconds=timing.settle_delay)

    def connector_context(
        self,
        platform: str,
        *,
        recorder: Callable[[Exchange], None] | None = None,
        before_effect: Callable[[], None] | None = None,
        heed: Heed | None = None,
        told: Callable[[QuotaFigure], None] = lambda _: None,
    ) -> Context:
        """The world as a platform's connector sees it, for one story of calls."""
        return Context(
            http=Transport(self._pool(platform), recorder=recorder, before_effect=before_effect, heed=heed),
            now=self.clock.now,
            settings=ConnectorSettings(
                public_url=self.settings.public_url,
                client_name=self.settings.client_name,
                plc_url=self.settings.plc_url,
                handle_resolver=self.settings.handle_resolver,
                apps={name: _credentials(name, app) for name, app in self.settings.apps.items()},
                endpoints=self.settings.endpoints,
            ),
            told=told,
        )

    def transport(self, purpose: str) -> Transport:
        """The guarded way to the network for what is no platform, over a pool of its own."""
        return Transport(self._pool(purpose))

    def _pool(self, name: str) -> HttpPool:
        pool = self.pools.get(name)
        if pool is None:
            pool = self.pools[name] = HttpPool(
                egress=egress_policy(self.settings),
                proxy=self.settings.egress_proxy,
                total=self.settings.timing.request_timeout,
                user_agent=f"{self.settings.client_name}/{VERSION}",
            )
        return pool


def _credentials(name: str, app: PlatformApp) -> AppCredentials:
    return AppCredentials(name, app.client_id, Secret(app.client_secret.get_secret_value()), app.extra)


def egress_policy(settings: Settings) -> EgressPolicy:
    """Which addresses this installation may call."""
    return EgressPolicy(allow=settings.egress_networks)


@asynccontextmanager
async def running(
    settings: Settings, *, name: str, clock: Clock | None = None, listens: bool = True
) -> AsyncIterator[Runtime]:
    """Open everything, and close it in the end.

    Without `listens` it only speaks on the bus: who has no subscribers and no sockets would hear each announcement for
    nothing, its own among them.

    Raises:
        NotConfigured: a setting is missing.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise NotConfigured(
            "POSTD_DATABASE_URL and POSTD_REDIS_URL must name a PostgreSQL and a Redis (or Valkey) server. "
            "`postd demo`, `postd dev` and `postd all` bring their own where these are not set."
        )
    if settings.vault_keys is None:
        raise NotConfigured("POSTD_VAULT_KEYS must hold the master keys. `postd vault key` makes one.")
    bus = Bus(settings.redis_url.get_secret_value())
    redis: Redis = Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=2)
    clock = clock or SystemClock()
    db = Database(settings.database_url.get_secret_value(), name=name, announce=bus.announce)
    runtime = Runtime(
        settings=settings,
        clock=clock,
        db=db,
        bus=bus,
        redis=redis,
        vault=Vault(Keyring.parse(settings.vault_keys.get_secret_value())),
        limiter=Limiter(redis),
        store=Store.open(settings.media_store),
        catalog=Catalog.load(settings.connectors),
        pools={},
        weather=Weather(db, Outcomes(redis, settings.timing.breaker_window), settings.timing, clock),
        bulkheads=Bulkheads(settings.worker_threads),
        crowds=Crowds(redis),
    )
    if listens:
        await bus.start()
    try:
        yield runtime
    finally:
        await bus.stop()
        for pool in runtime.pools.values():
            await pool.aclose()
        await redis.aclose()
        await db.close()
