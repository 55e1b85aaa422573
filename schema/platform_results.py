"""What came of switching a platform off or on."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

from schema.errors import InvalidInput, UnknownPlatform, UserError
from schema.health.platforms import PlatformHealth


@strawberry.input(description="Which platform to switch off for the whole installation, and why.")
class PausePlatformInput:
    """A pause."""

    platform: str = strawberry.field(description="Its short name, e.g. `bluesky`.")
    reason: str = strawberry.field(description="Why, in 1 to 500 characters. Everybody whose posts wait is told it.")


@strawberry.input(description="Which platform to switch on.")
class ResumePlatformInput:
    """A resume."""

    platform: str = strawberry.field(description="Its short name, e.g. `bluesky`.")


@strawberry.type(description="The platform is switched off: its posts wait. What was sent already is not taken back.")
class PlatformPaused:
    """Off."""

    platform: PlatformHealth = strawberry.field(description="The platform as it is treated now.")


@strawberry.type(description="The platform is switched on: what waited goes out, spread over a time.")
class PlatformResumed:
    """On."""

    platform: PlatformHealth = strawberry.field(description="The platform as it is treated now.")


@strawberry.type(description="Nobody has paused the platform, so there is nothing to resume.")
class PlatformNotPaused(UserError):
    """Not off."""


PausePlatformResult: TypeAlias = Annotated[
    PlatformPaused | UnknownPlatform | InvalidInput,
    strawberry.union("PausePlatformResult", description="The paused platform, or why it was not paused."),
]
ResumePlatformResult: TypeAlias = Annotated[
    PlatformResumed | PlatformNotPaused | UnknownPlatform,
    strawberry.union("ResumePlatformResult", description="The platform that is on again, or why it is not."),
]
