"""The platforms' own options of a post, one input each, exactly one of them for a target."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import strawberry

from app.kernel.errors import InvalidInput
from schema.posts.linkedin_options import LinkedInOptionsInput
from schema.posts.meta_options import FacebookOptionsInput, InstagramOptionsInput, image
from schema.words import offer


class BlueskyReply(StrEnum):
    """Who may reply."""

    EVERYBODY = "everybody"
    """Everybody."""
    FOLLOWERS = "followers"
    """Those who follow the account."""
    FOLLOWING = "following"
    """Those whom the account follows."""
    MENTIONED = "mentioned"
    """Those who are mentioned in the post."""
    NOBODY = "nobody"
    """Nobody."""


class MastodonVisibility(StrEnum):
    """Who may see the post."""

    PUBLIC = "public"
    """Everybody, and it is listed."""
    UNLISTED = "unlisted"
    """Everybody, but it is not listed."""
    PRIVATE = "private"
    """Followers."""
    DIRECT = "direct"
    """Those who are mentioned."""


offer(BlueskyReply, "Who may reply to a post on Bluesky.")
offer(MastodonVisibility, "Who may see a post on Mastodon.")


@strawberry.input(description="Options of Bluesky.")
class BlueskyOptionsInput:
    """Bluesky."""

    reply: BlueskyReply | None = strawberry.field(default=None, description="Who may reply; everybody by default.")

    def stored(self) -> dict[str, Any]:
        """As the connector takes them."""
        return {} if self.reply is None else {"reply": self.reply.value}


@strawberry.input(description="A poll on Mastodon. A post with a poll has no media.")
class MastodonPollInput:
    """A poll."""

    options: list[str] = strawberry.field(description="The answers to choose from.")
    expires_in: int = strawberry.field(description="For how many seconds it is open.")
    multiple: bool = strawberry.field(default=False, description="Whether several answers may be chosen.")
    hide_totals: bool = strawberry.field(default=False, description="Whether figures are hidden until the end.")


@strawberry.input(description="Options of Mastodon.")
class MastodonOptionsInput:
    """Mastodon."""

    visibility: MastodonVisibility | None = strawberry.field(
        default=None, description="Who may see it; public by default."
    )
    spoiler_text: str | None = strawberry.field(
        default=None, description="A content warning, shown in place of the text until it is opened."
    )
    sensitive: bool | None = strawberry.field(default=None, description="Hide the media until they are opened.")
    poll: MastodonPollInput | None = strawberry.field(default=None, description="A poll on the first part.")

    def stored(self) -> dict[str, Any]:
        """As the connector takes them."""
        found: dict[str, Any] = {
            "visibility": self.visibility.value if self.visibility else None,
            "spoiler_text": self.spoiler_text,
            "sensitive": self.sensitive,
            "poll": None if self.poll is None else dict(vars(self.poll)),
        }
        return {name: value for name, value in found.items() if value is not None}


@strawberry.input(description="One option by its name, as `Platform.options` lists it.")
class NamedOptionInput:
    """An option by name: of a platform that has no input of its own here, or as text of one that has."""

    name: str = strawberry.field(description="The option's name.")
    value: str = strawberry.field(default="", description="Its value.")
    media_id: strawberry.ID | None = strawberry.field(
        default=None, description="An image that is READY, in place of a value, where the option asks for one."
    )

    def stored(self, path: Sequence[str]) -> Any:
        """Its value as the connector takes it."""
        if self.media_id is None:
            return self.value
        if self.value:
            raise InvalidInput(
                f"The option “{self.name}” has a value and an image.", hint="Give one of both.", path=tuple(path)
            )
        return image(self.media_id, (*path, "mediaId"))


@strawberry.input(one_of=True, description="The options of the target's platform: exactly one of these.")
class PlatformOptionsInput:
    """One of the platforms."""

    bluesky: BlueskyOptionsInput | None = strawberry.field(default=strawberry.UNSET, description="Bluesky.")
    facebook: FacebookOptionsInput | None = strawberry.field(default=strawberry.UNSET, description="Facebook.")
    instagram: InstagramOptionsInput | None = strawberry.field(default=strawberry.UNSET, description="Instagram.")
    linkedin: LinkedInOptionsInput | None = strawberry.field(default=strawberry.UNSET, description="LinkedIn.")
    mastodon: MastodonOptionsInput | None = strawberry.field(default=strawberry.UNSET, description="Mastodon.")
    other: list[NamedOptionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Options by name: of a platform that a plug-in adds."
    )

    @property
    def platform(self) -> str | None:
        """Whose options they are; None for options by name, which are the target's, whatever it is."""
        (name,) = (name for name, value in vars(self).items() if value is not strawberry.UNSET)
        return None if name == "other" else name

    def stored(self, path: Sequence[str]) -> dict[str, Any]:
        """As the connector takes them.

        Raises:
            NotFound: an id is not that of a file.
            InvalidInput: an option by name stands twice, or has a value and an image.
        """
        if isinstance(self.other, list):
            return _by_name(self.other, (*path, "other"))
        if isinstance(self.facebook, FacebookOptionsInput):
            return self.facebook.stored((*path, "facebook"))
        if isinstance(self.instagram, InstagramOptionsInput):
            return self.instagram.stored((*path, "instagram"))
        (chosen,) = (value for value in (self.bluesky, self.linkedin, self.mastodon) if value)
        return chosen.stored()


def _by_name(options: Sequence[NamedOptionInput], path: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, option in enumerate(options):
        here = (*path, str(number))
        if option.name in found:
            raise InvalidInput(f"The option “{option.name}” stands twice.", hint="Give it once.", path=here)
        found[option.name] = option.stored(here)
    return found
