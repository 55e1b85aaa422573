"""The API process: every route over one runtime, opened when the server starts and closed when it stops.

`uvicorn --factory app.main:factory` serves it; `postd api` does so with the right options.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from app.flows.boot import examine
from app.flows.runtime import Runtime, running
from app.flows.upkeep.presence import present
from app.flows.webhooks.intake import Intake, Wake
from app.graphql import graphql_app
from app.http import (
    analytics,
    connect,
    graphql_address,
    media,
    people,
    planner,
    playground,
    probes,
    session,
    webhooks,
)
from app.http.middleware import stack
from app.kernel import logs, memory, tether
from app.kernel.settings import Settings, read
from app.services.wakeups import WakeUp, WakeUps
from workers import queues
from workers.broker import make_broker
from workers.scheduler import CAPACITY


def create_app(settings: Settings) -> Starlette:
    """The application. Nothing is opened before its lifespan begins.

    Its start raises `NotConfigured` where a setting is missing, `BootRefused` where production is not safe to serve.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(settings, name="postd-api") as rt:
            await examine(rt)
            async with present(rt, "api"):
                app.router.routes[:] = routes(rt, waker(settings))
                memory.settle()
                yield

    return Starlette(middleware=stack(settings), lifespan=lifespan)


def waker(settings: Settings) -> Wake | None:
    """Tells the workers of incoming webhooks, as far as they have room; the scheduler offers what is left."""
    if settings.redis_url is None:
        return None
    wakeups = WakeUps(make_broker(settings.redis_url.get_secret_value()))

    async def wake(deliveries: Sequence[UUID]) -> None:
        room = max(0, CAPACITY - await wakeups.backlog(queues.WEBHOOKS))
        await wakeups.send([WakeUp(queues.WEBHOOKS, queues.PROCESS_WEBHOOK, (str(one),)) for one in deliveries[:room]])

    return wake


def routes(rt: Runtime, wake: Wake | None = None) -> list[BaseRoute]:
    """Every address of the API process."""
    return [
        *graphql_address.routes(graphql_app(rt), rt.settings),
        *planner.routes(rt.settings, rt.store.upload_origin),
        *playground.routes(rt.settings),
        *connect.routes(rt),
        *session.routes(rt),
        *people.routes(rt),
        *media.routes(rt),
        *analytics.routes(rt),
        *webhooks.routes(rt, Intake(rt, wake)),
        *probes.routes(rt),
    ]


def factory() -> Starlette:
    """The application of this installation, by its settings, with its logs set up; it ends with its reloader."""
    tether.end_with_parent()
    settings = read()
    logs.configure(settings.log_level, json=settings.log_json)
    return create_app(settings)
