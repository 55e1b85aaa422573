"""What is to be published, as a connector takes it: parts with text, files and links, and what is wrong with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from connectors.capabilities import MediaKind


@dataclass(frozen=True, slots=True)
class Media:
    """One file of a post, already made to fit the platform's rules."""

    id: str
    kind: MediaKind
    mime: str
    size: int
    open: Callable[[], AsyncIterator[bytes]]
    """Gives the bytes from the start, in chunks; may be called again for another try."""
    alt: str = ""
    width: int | None = None
    height: int | None = None
    duration: timedelta | None = None
    pages: int | None = None
    """Of a document, where they could be counted."""
    filename: str = "file"
    link: Callable[[], Awaitable[str]] | None = None
    """Gives an address where the platform can fetch the bytes without a key, for some minutes; for platforms that pull.

    Each call signs a fresh one. None where nothing is to be sent (a check)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is shown as a card."""

    url: str
    title: str = ""
    description: str = ""
    thumbnail: Media | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One post: the only one, or one of a thread."""

    text: str = ""
    media: tuple[Media, ...] = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be published on one account, with all overrides applied."""

    parts: tuple[Part, ...]
    languages: tuple[str, ...] = ()
    """BCP 47 tags."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The platform's own options, by `Option.name`."""
    first: int = 0
    """The place of the first of `parts` in its post: a later part is checked by itself before it goes out."""


class Severity(StrEnum):
    """Whether a problem stops the post."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why content does not fit, found before anything is sent."""

    path: tuple[str, ...]
    """Where, e.g. `("parts", "0", "text")`."""
    rule: str
    message: str
    fix: str = ""
    measured: str | None = None
    limit: str | None = None
    severity: Severity = Severity.ERROR
