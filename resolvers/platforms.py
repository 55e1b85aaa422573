"""The platforms of this installation."""

from __future__ import annotations

from typing import Annotated

import strawberry

from connectors.catalog import UnknownPlatform
from resolvers.context import Info
from schema.platforms import Platform

PlatformKey = Annotated[str, strawberry.argument(description="The platform's short name, e.g. `bluesky`.")]


async def platforms(info: Info) -> list[Platform]:
    """Every platform, by key."""
    return [Platform.of(connector.capabilities) for connector in info.context.rt.catalog.all()]


async def platform(info: Info, key: PlatformKey) -> Platform | None:
    """One platform, or None."""
    try:
        return Platform.of(info.context.rt.catalog.get(key).capabilities)
    except UnknownPlatform:
        return None
