"""LinkedIn's own options of a post."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import strawberry

from schema.words import offer


class LinkedInVisibility(StrEnum):
    """Who may see the post."""

    PUBLIC = "PUBLIC"
    """Everybody."""
    CONNECTIONS = "CONNECTIONS"
    """The member's connections; pages have none."""
    LOGGED_IN = "LOGGED_IN"
    """Whoever is logged in."""


offer(LinkedInVisibility, "Who may see a post on LinkedIn.")


@strawberry.input(description="A poll on LinkedIn. A post with a poll has no files and no card.")
class LinkedInPollInput:
    """A poll."""

    question: str | None = strawberry.field(default=None, description="What is asked; the post's text without this.")
    options: list[str] = strawberry.field(description="The answers to choose from, two to four.")
    expires_in: int = strawberry.field(
        description="For how many seconds it is open: 86400, 259200, 604800 or 1209600 (1, 3, 7 or 14 days)."
    )

    def stored(self) -> dict[str, Any]:
        """As the connector takes it."""
        return {name: value for name, value in vars(self).items() if value is not None}


@strawberry.input(description="Options of LinkedIn.")
class LinkedInOptionsInput:
    """LinkedIn."""

    visibility: LinkedInVisibility | None = strawberry.field(
        default=None, description="Who may see it; everybody by default."
    )
    title: str | None = strawberry.field(
        default=None, description="The title of a video, or of a document, which has its file name by default."
    )
    poll: LinkedInPollInput | None = strawberry.field(default=None, description="A poll on the post.")

    def stored(self) -> dict[str, Any]:
        """As the connector takes them."""
        found: dict[str, Any] = {
            "visibility": self.visibility.value if self.visibility else None,
            "title": self.title,
            "poll": None if self.poll is None else self.poll.stored(),
        }
        return {name: value for name, value in found.items() if value is not None}
