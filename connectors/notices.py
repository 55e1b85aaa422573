"""What a webhook says, as small typed values, and what their parsers are made of.

A notice names the account that it is about, or the person who granted access. Parsers believe nothing of a body's
shape: what is missing or of another type is None, and what cannot be used at all is `Unreadable`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

LONGEST_TEXT: Final = 4000
"""Characters that are kept of a comment or a mention."""


class Unreadable(ValueError):
    """The body is rightly signed and not what the platform documents: nothing in it can be used."""


class Change(StrEnum):
    """What happened to a comment."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that a delivery says."""

    key: str
    """The same whenever the platform says the same thing again, also in another batch."""
    at: datetime | None
    """When it happened, by the platform's clock; None where the platform does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerNotice(Notice):
    """About a person who granted access, and so about every account that came with that grant."""

    owner_id: str
    """The person's id as our application knows it (`Account.owner_id`)."""


class AccountDeauthorized(OwnerNotice):
    """The person has taken the grant back on the platform."""


class DeletionRequested(OwnerNotice):
    """The person asks that everything fetched about them is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNotice(Notice):
    """About one account."""

    platform: str
    """The platform's key; empty where nobody knows what the delivery is about."""
    account_id: str
    """The account, as `Account.external_id` names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentNoticed(AccountNotice):
    """A comment under a post of the account was written, changed or removed."""

    change: Change
    comment_id: str
    post_id: str | None = None
    parent_id: str | None = None
    """The comment that it answers; None: it stands under the post itself."""
    author_id: str | None = None
    author: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned(AccountNotice):
    """Somebody has named the account. Some platforms give ids only; the words are fetched."""

    post_id: str | None = None
    comment_id: str | None = None
    author_id: str | None = None
    author: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSeen(AccountNotice):
    """A post of the account's own appeared on the platform. A hint where to look, never a proof of what was sent."""

    post_id: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMeasured(AccountNotice):
    """The last figures of a story that has ended."""

    post_id: str
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognised(AccountNotice):
    """Something that is kept and not acted upon."""

    what: str


# ------------------------------------------------------------------------------------- what parsers are made of


def document(body: bytes) -> dict[str, Any]:
    """The JSON object that a body holds.

    Raises:
        Unreadable: it holds none.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"The body is not JSON: {error.msg}.") from None
    if not isinstance(found, dict):
        raise Unreadable("The body is not a JSON object.")
    return found


def mapping(value: object) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def word(value: object) -> str | None:
    """An id: a text or a number, as text; None for anything else and for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:500] or None


def words(value: object) -> str | None:
    """What somebody wrote, cut."""
    return value[:LONGEST_TEXT] if isinstance(value, str) and value else None


def instant(value: object, *, per_second: int = 1) -> datetime | None:
    """A moment given as a number since 1970; None where it is no moment of a calendar."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / per_second, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def digest(*parts: object) -> str:
    """A key for a notice that has no id of its own.

    Raises:
        Unreadable: no platform nests that deep.
    """
    try:
        written = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # read deeper than it can be written
        raise Unreadable("The body is nested too deep.") from None
    return hashlib.sha256(written).hexdigest()[:40]
