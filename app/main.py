"""The API process: every route over one runtime, opened when the server starts and closed when it stops.

`uvicorn --factory app.main:factory` serves it; `postd api` does so with the right options.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from app.flows.boot import examine
from app.flows.runtime import Runtime, running
from app.flows.upkeep.presence import present
from app.graphql import graphql_app
from app.http import connect, graphql_address, media, playground, probes
from app.http.middleware import stack
from app.kernel import logs
from app.kernel.settings import Settings


def create_app(settings: Settings) -> Starlette:
    """The application. Nothing is opened before its lifespan begins.

    Its start raises `NotConfigured` where a setting is missing, `BootRefused` where production is not safe to serve.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(settings, name="postd-api") as rt:
            await examine(rt)
            async with present(rt, "api"):
                app.router.routes[:] = routes(rt)
                settle_memory()
                yield

    return Starlette(middleware=stack(settings), lifespan=lifespan)


def settle_memory() -> None:
    """Leave what was made at the start out of garbage collections: they would walk it for nothing with every burst."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def routes(rt: Runtime) -> list[BaseRoute]:
    """Every address of the API process."""
    return [
        *graphql_address.routes(graphql_app(rt), rt.settings),
        *playground.routes(rt.settings),
        *connect.routes(rt),
        *media.routes(rt),
        *probes.routes(rt),
    ]


def factory() -> Starlette:
    """The application of this installation, by its settings, with its logs set up."""
    settings = Settings()
    logs.configure(settings.log_level, json=settings.log_json)
    return create_app(settings)
