"""What `postd doctor` can say of the versions of platforms' APIs: which ends soon, and which has ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from app.cli.finding import Finding
from connectors.capabilities import Capabilities

AHEAD: Final = timedelta(days=90)
"""How long before its end a version is spoken of."""
_REMEDY: Final = "Install a newer release of POSTD, or of the plug-in."


def of_versions(platforms: Iterable[Capabilities], today: date) -> list[Finding]:
    """One finding for each platform whose version ends within `AHEAD`; it fails once the version has ended."""
    found = []
    for platform in platforms:
        version = platform.api_version
        if version.sunset is None or version.sunset - today > AHEAD:
            continue
        name, left = f"API of {platform.name}", (version.sunset - today).days
        if left > 0:
            evidence = f"version {version.name} ends on {version.sunset}, in {left} days. {_REMEDY}"
            found.append(Finding(name, ok=True, evidence=evidence))
        else:
            evidence = f"version {version.name} has ended on {version.sunset}"
            found.append(Finding(name, ok=False, evidence=evidence, remedy=_REMEDY))
    return found
