"""The ways to connect: which platform, which method, which fields; with refusals that name what there is."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.connections.errors import PlatformNotReady, UnknownPlatform
from app.flows.runtime import Runtime
from app.kernel.errors import InvalidInput
from connectors import catalog
from connectors.capabilities import ConnectBy, ConnectMethod
from connectors.contract import Connector
from connectors.secret import Secret


def connector_of(rt: Runtime, platform: str) -> Connector:
    """The connector of a platform.

    Raises:
        UnknownPlatform: there is none of that name here.
    """
    try:
        return rt.catalog.get(platform)
    except catalog.UnknownPlatform:
        raise UnknownPlatform(
            f"There is no platform {platform!r} here.",
            hint="Ask `platforms` for the ones that are offered.",
            path=("input", "platform"),
        ) from None


def refuse_unready(rt: Runtime, connector: Connector, method: ConnectMethod) -> None:
    """Refuse a way that needs an application of the operator's which is not set.

    Raises:
        PlatformNotReady: nobody can connect this way until the operator has set it.
    """
    if method.app is not None and method.app not in rt.settings.apps:
        variable = f"POSTD_APPS__{method.app.upper()}__CLIENT_ID"
        raise PlatformNotReady(
            f"{connector.capabilities.name} needs an application of this installation, and none is set.",
            hint=f"Tell the operator: make one at the platform, then set {variable} and ..._CLIENT_SECRET.",
            path=("input", "platform"),
        )


def method_of(connector: Connector, by: ConnectBy | None) -> ConnectMethod:
    """How to connect.

    Raises:
        InvalidInput: the platform has no such way.
    """
    ways = connector.capabilities.connect
    found = ways[0] if by is None else next((way for way in ways if way.by is by), None)
    if found is None:
        offered = ", ".join(way.by.name for way in ways)
        raise InvalidInput(
            f"{connector.capabilities.name} cannot be connected by {by}.",
            hint=f"Use one of: {offered}.",
            path=("input", "method"),
        )
    return found


def known_fields(method: ConnectMethod, given: Mapping[str, Secret]) -> dict[str, Secret]:
    """What the user filled in, without blanks.

    Raises:
        InvalidInput: a field that this way does not have.
    """
    names = {item.name for item in method.fields}
    unknown = sorted(set(given) - names)
    if unknown:
        raise InvalidInput(
            f"There is no field {unknown[0]!r} for this way to connect.",
            hint=f"The fields are: {', '.join(sorted(names))}.",
            path=("input", "fields"),
        )
    return {name: Secret(value.reveal().strip()) for name, value in given.items() if value.reveal().strip()}
