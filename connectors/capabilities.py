"""A platform described by data: formats, limits, allowances (see `quotas.py`), scopes, ways to connect.

The validator, the API's capability matrix, the documentation and the tests read the same declaration, so
that they cannot disagree. A connection may narrow or widen an installation-wide limit (a Mastodon instance
states its own): `Account.limits` holds such figures by `Limit.rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from connectors.image_rules import ImageRules
from connectors.listening import Listening
from connectors.metric_names import Given
from connectors.quotas import USUAL_PACE, Pace, QuotaRule
from connectors.retention import Retention
from connectors.scopes import Scope


class Unit(StrEnum):
    """What a limit counts."""

    GRAPHEMES = "graphemes"
    """Grapheme clusters: what a reader sees as one character."""
    CHARACTERS = "characters"
    """Unicode code points."""
    BYTES = "bytes"
    """Bytes (of UTF-8 where it is text)."""
    COUNT = "count"
    PIXELS = "pixels"
    SECONDS = "seconds"


class FormatKey(StrEnum):
    """What kind of post it is."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    LINK = "link"
    POLL = "poll"
    THREAD = "thread"
    """Several parts: each answers the one before, or stands as a comment under the first; the platform says which."""
    CAROUSEL = "carousel"
    """Several files to leaf through, images and videos mixed where the platform allows it."""
    REEL = "reel"
    """A short upright video in the platform's own stream of them."""
    STORY = "story"
    """One file that is shown for a day."""
    DOCUMENT = "document"
    """A file to leaf through, such as a PDF."""


class MediaKind(StrEnum):
    """What kind of file it is, found out from its bytes."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


class ConnectBy(StrEnum):
    """How an account is connected."""

    OAUTH = "oauth"
    APP_PASSWORD = "app_password"  # noqa: S105 -- the name of a method, not a password
    PAGE = "page"
    """Signs in elsewhere: through the page that the account belongs to (an Instagram account by its Facebook page)."""

    @property
    def in_browser(self) -> bool:
        """Whether the user is sent to the platform and comes back."""
        return self is not ConnectBy.APP_PASSWORD


class ReconcileClass(StrEnum):
    """What settles a publish whose answer was lost."""

    KEY = "key"
    """The platform keeps our own key: asking, or sending the same again, is safe."""
    CONTAINER = "container"
    """A draft is made first; its id is known before the final call."""
    DUPLICATE = "duplicate"
    """The platform refuses the same content twice, and says so."""
    LOOKUP = "lookup"
    """The account's own list is searched by text and time."""
    HUMAN = "human"
    """Nothing: a person looks."""


class FieldKind(StrEnum):
    """How a connect form shows a field."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 -- the name of a kind of field
    URL = "url"


@dataclass(frozen=True, slots=True)
class ConnectField:
    """One thing to ask before a connection can start."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    placeholder: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class ConnectMethod:
    """One way to connect, with what it has to ask for."""

    by: ConnectBy
    fields: tuple[ConnectField, ...] = ()
    app: str | None = None
    """The operator's application that it needs (a name in `ConnectorSettings.apps`); None where none has to be set."""
    scopes: tuple[Scope, ...] = ()
    """The rights that this way asks for, where they are others than the platform's."""
    listening: Listening | None = None
    """How the platform is asked to tell us what happens on such an account; None where it cannot be."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One figure that content must keep to."""

    rule: str
    """Stable name, e.g. `text.length`, `media.count`, `image.bytes`, `alt.length`, `thread.parts`."""
    unit: Unit
    max: int | None = None
    min: int | None = None
    source: str = ""
    """The page of the platform's documentation that states it."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of post with its limits and the files that it takes."""

    key: FormatKey
    limits: tuple[Limit, ...] = ()
    media_types: tuple[str, ...] = ()
    """MIME types that a file of this format may have."""
    images: ImageRules | None = None
    """What its images are made to fit where the option `format` chooses it; None: what the platform's others are."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the platform's own, e.g. who may see or answer a post."""

    name: str
    description: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    formats: tuple[FormatKey, ...] = ()
    """The kinds of posts that it says something about; empty: all of them."""
    media: bool = False
    """Whether its value is an image of ours: the connector gets it as a `Media`, made to fit like the post's files."""
    images: ImageRules | None = None
    """What such an image is made to fit, where that is other than for the post's files."""


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """The version of the platform's API that the connector speaks."""

    name: str
    source: str
    released: date | None = None
    sunset: date | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything that is declared of one platform."""

    key: str
    name: str
    docs: str
    connect: tuple[ConnectMethod, ...]
    formats: tuple[Format, ...]
    scopes: tuple[Scope, ...]
    reconcile: ReconcileClass
    api_version: ApiVersion
    options: tuple[Option, ...] = ()
    quotas: tuple[QuotaRule, ...] = ()
    pace: Pace = USUAL_PACE
    images: ImageRules | None = None
    retention: Retention = field(default=Retention())
    figures: Given = field(default=Given())
    """Which figures the platform gives of posts and accounts, and what it calls them."""
    can_edit: bool = False
    edits_text_only: bool = False
    """Whether an edit leaves files and links as they are: the platform changes nothing but the text."""
    can_delete: bool = False
    can_schedule: bool = False
    settle_delay: timedelta | None = None
    """How long to wait before "not found" is believed; None: the installation's setting."""
    processing_timeout: timedelta = field(default=timedelta(hours=1))
    """How long the platform may process a post before the outcome counts as unknown."""

    def scopes_by(self, by: ConnectBy) -> tuple[Scope, ...]:
        """The rights that a way to connect asks for; none for passwords, which have no rights to choose from."""
        if not by.in_browser:
            return ()
        return next((way.scopes for way in self.connect if way.by is by and way.scopes), self.scopes)

    def listening_by(self, by: ConnectBy, kind: str) -> Listening | None:
        """What it takes to be told about an account of this kind that was connected so; None: nothing is told."""
        ways = (way.listening for way in self.connect if way.by is by)
        return next((found for found in ways if found is not None and found.fits(kind)), None)

    def format(self, key: FormatKey) -> Format | None:
        """One format, or None where the platform has no such posts."""
        return next((item for item in self.formats if item.key is key), None)

    def images_for(self, options: Mapping[str, Any]) -> ImageRules | None:
        """What the images of a post with these options are made to fit."""
        chosen = options.get("format")
        return next((item.images for item in self.formats if item.key == chosen and item.images), self.images)

    @property
    def option_images(self) -> Mapping[str, ImageRules]:
        """What the images that options name are made to fit, for options with rules of their own."""
        return {option.name: option.images for option in self.options if option.images is not None}

    def limits(self, key: FormatKey, account: Mapping[str, int] | None = None) -> tuple[Limit, ...]:
        """The limits of one format, with the account's own figures in place of the declared maxima."""
        declared = self.format(key)
        return tuple(_narrowed(item, account or {}) for item in (declared.limits if declared else ()))


def _narrowed(limit: Limit, own: Mapping[str, int]) -> Limit:
    if limit.rule not in own:
        return limit
    if limit.max is None and limit.min is not None:
        return replace(limit, min=own[limit.rule])
    return replace(limit, max=own[limit.rule])
