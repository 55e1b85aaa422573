"""Mutations that switch a platform off and on for the whole installation; for operators."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.flows.limits.switch import By, pause_platform, resume_platform
from resolvers.context import Info
from resolvers.health import own_figures
from schema import platform_results as results
from schema.health.platforms import PlatformHealth


async def pause(
    info: Info,
    input: Annotated[results.PausePlatformInput, strawberry.argument(description="Which, and why.")],  # noqa: A002 -- the argument's name in the API
) -> results.PausePlatformResult:
    """Switch a platform off."""
    context = info.context
    by = By(context.tenant, context.caller.actor)
    seen = await pause_platform(context.rt, by, input.platform, input.reason)
    return results.PlatformPaused(platform=PlatformHealth.of(seen, own_figures(context)))


async def resume(
    info: Info,
    input: Annotated[results.ResumePlatformInput, strawberry.argument(description="Which.")],  # noqa: A002 -- the argument's name in the API
) -> results.ResumePlatformResult:
    """Switch a platform on."""
    context = info.context
    seen = await resume_platform(context.rt, By(context.tenant, context.caller.actor), input.platform)
    return results.PlatformResumed(platform=PlatformHealth.of(seen, own_figures(context)))
