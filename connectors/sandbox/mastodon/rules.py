"""What the instance refuses of a status, in its own words.

Sources: docs.joinmastodon.org/methods/statuses and /methods/media.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.mastodon.errors import MastodonError, invalid
from connectors.sandbox.mastodon.instance import (
    MAX_CHARACTERS,
    MAX_MEDIA,
    POLL_OPTION_CHARACTERS,
    POLL_OPTIONS,
    POLL_SECONDS,
)
from connectors.sandbox.mastodon.media import MEDIA
from connectors.sandbox.mastodon.posts import StoredPoll
from connectors.sandbox.mastodon.text import length
from connectors.sandbox.world import World

VISIBILITIES = ("public", "unlisted", "private", "direct")


def check_text(text: str, spoiler_text: str, *, empty_is_fine: bool) -> None:
    """Refuse text that is missing or too long; the content warning counts too."""
    if not text.strip() and not empty_is_fine:
        raise invalid("Text can't be blank")
    if length(text) + length(spoiler_text) > MAX_CHARACTERS:
        raise invalid(f"Text character limit of {MAX_CHARACTERS} exceeded")


def check_visibility(visibility: str) -> None:
    """Refuse an unknown visibility."""
    if visibility not in VISIBILITIES:
        raise MastodonError(422, "Validation failed: Visibility is not included in the list")


def check_media(
    world: World, account_id: str, media_ids: Sequence[str], *, with_poll: bool, status_id: str | None = None
) -> None:
    """Refuse files that are too many, not the account's, in use elsewhere, unfinished, or of kinds that do not mix."""
    if not media_ids:
        return
    if len(media_ids) > MAX_MEDIA or with_poll:
        raise MastodonError(422, f"Cannot attach more than {MAX_MEDIA} files")
    rows = [world.tables.get(MEDIA, media_id) for media_id in media_ids]
    found = [row for row in rows if row and row["account"] == account_id and row["status"] in (None, status_id)]
    if len(found) != len(set(media_ids)):
        missing = ", ".join(media_ids[index] for index, row in enumerate(rows) if row not in found)
        raise MastodonError(422, f"Media with ids {missing} could not be attached")
    if len(found) > 1 and any(row["kind"] in ("video", "audio") for row in found):
        raise MastodonError(422, "Cannot attach a video to a post that already contains images")
    if any(row["polls_left"] is not None for row in found):
        raise MastodonError(422, "Cannot attach files that have not finished processing. Try again in a moment!")


def read_poll(poll: Mapping[str, Any] | None, now: datetime) -> StoredPoll | None:
    """The poll of a status. Raises MastodonError for one that the instance refuses."""
    if not poll or not poll.get("options"):
        return None
    options = tuple(poll["options"])
    seconds = poll.get("expires_in")
    problems = [*_option_problems(options), *_time_problems(seconds)]
    if seconds is None or problems:
        raise invalid(*problems)
    return StoredPoll(options, (now + timedelta(seconds=seconds)).isoformat(), bool(poll.get("multiple", False)))


def _option_problems(options: tuple[str, ...]) -> Iterator[str]:
    if len(options) < 2:
        yield "Options must have more than one item"
    if len(options) > POLL_OPTIONS:
        yield f"Options can't contain more than {POLL_OPTIONS} items"
    if any(not option.strip() for option in options):
        yield "Options can't be blank"
    if any(length(option) > POLL_OPTION_CHARACTERS for option in options):
        yield f"Options can't be longer than {POLL_OPTION_CHARACTERS} characters each"
    if len(set(options)) != len(options):
        yield "Options contain duplicate items"


def _time_problems(seconds: int | None) -> Iterator[str]:
    if seconds is None:
        yield "Expires at can't be blank"
    elif seconds < POLL_SECONDS[0]:
        yield "Expires at is too soon"
    elif seconds > POLL_SECONDS[1]:
        yield "Expires at is too far into the future"
