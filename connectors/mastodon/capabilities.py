"""What Mastodon can do, as data: formats, limits, scopes, quotas, options.

The figures are those of a server with factory settings. Every server states its own, which are read when an
account is connected or checked and kept in `Account.limits` by the same rule names (`connectors.mastodon.instance`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from connectors.capabilities import (
    ApiVersion,
    Capabilities,
    ConnectBy,
    ConnectField,
    ConnectMethod,
    FieldKind,
    Format,
    FormatKey,
    Limit,
    Option,
    ReconcileClass,
    Unit,
)
from connectors.image_rules import ImageRules
from connectors.mastodon.metric_table import GIVEN
from connectors.quotas import Pace, QuotaCount, QuotaRule
from connectors.scopes import Scope, ScopeUse

INSTANCE_DOCS: Final = "https://docs.joinmastodon.org/entities/Instance/"
STATUS_DOCS: Final = "https://docs.joinmastodon.org/methods/statuses/"
MEDIA_DOCS: Final = "https://docs.joinmastodon.org/methods/media/"
RATE_DOCS: Final = "https://docs.joinmastodon.org/api/rate-limits/"
POSTING_DOCS: Final = "https://docs.joinmastodon.org/user/posting/"

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif", "image/avif")
VIDEO_TYPES: Final = ("video/mp4", "video/webm", "video/quicktime")
AUDIO_TYPES: Final = (
    "audio/mpeg",
    "audio/mp3",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    "audio/aac",
    "audio/m4a",
    "audio/mp4",
)

URL_LENGTH_RULE: Final = "text.url_length"
"""How many characters every URL counts (`characters_reserved_per_url`)."""

VISIBILITIES: Final = ("public", "unlisted", "private", "direct")

_TEXT = Limit("text.length", Unit.GRAPHEMES, max=500, source=POSTING_DOCS)
_URL = Limit(URL_LENGTH_RULE, Unit.CHARACTERS, max=23, source=POSTING_DOCS)
_ALT = Limit("alt.length", Unit.CHARACTERS, max=1500, source=MEDIA_DOCS)

CAPABILITIES: Final = Capabilities(
    key="mastodon",
    name="Mastodon",
    docs="https://docs.joinmastodon.org/api/",
    connect=(
        ConnectMethod(
            ConnectBy.OAUTH,
            fields=(
                ConnectField(
                    "instance",
                    "Server",
                    kind=FieldKind.URL,
                    placeholder="mastodon.social",
                    help="The server where you log in: what stands in your browser's address bar there.",
                ),
            ),
        ),
    ),
    formats=(
        Format(FormatKey.TEXT, limits=(_TEXT, _URL)),
        Format(FormatKey.LINK, limits=(_TEXT, _URL)),
        Format(
            FormatKey.IMAGE,
            limits=(
                _TEXT,
                _URL,
                Limit("media.count", Unit.COUNT, max=4, source=INSTANCE_DOCS),
                Limit("image.bytes", Unit.BYTES, max=16_777_216, source=INSTANCE_DOCS),
                Limit("image.pixels", Unit.PIXELS, max=33_177_600, source=INSTANCE_DOCS),
                _ALT,
            ),
            media_types=IMAGE_TYPES,
        ),
        Format(
            FormatKey.VIDEO,
            limits=(
                _TEXT,
                _URL,
                Limit("video.count", Unit.COUNT, max=1, source=STATUS_DOCS),
                Limit("video.bytes", Unit.BYTES, max=103_809_024, source=INSTANCE_DOCS),
                Limit("audio.count", Unit.COUNT, max=1, source=STATUS_DOCS),
                Limit("audio.bytes", Unit.BYTES, max=103_809_024, source=INSTANCE_DOCS),
                _ALT,
            ),
            media_types=VIDEO_TYPES + AUDIO_TYPES,
        ),
        Format(
            FormatKey.POLL,
            limits=(
                _TEXT,
                _URL,
                Limit("poll.options", Unit.COUNT, min=2, max=4, source=INSTANCE_DOCS),
                Limit("poll.option_length", Unit.GRAPHEMES, max=50, source=INSTANCE_DOCS),
                Limit("poll.min_expiration", Unit.SECONDS, min=300, source=INSTANCE_DOCS),
                Limit("poll.max_expiration", Unit.SECONDS, max=2_629_746, source=INSTANCE_DOCS),
            ),
        ),
        Format(FormatKey.THREAD, limits=(_TEXT, _URL)),
    ),
    # `profile` would be enough for the account, but servers before 4.3 do not know it: `read:accounts` works on all.
    scopes=(
        Scope("read:accounts", "Read the name, handle and picture of the account that is connected.", ScopeUse.PUBLISH),
        Scope(
            "read:statuses",
            "Find out whether a post went out when the server's answer was lost; read its figures.",
            ScopeUse.FIGURES,
        ),
        Scope("write:statuses", "Publish, edit and delete posts.", ScopeUse.PUBLISH),
        Scope("write:media", "Upload images, videos and sounds.", ScopeUse.MEDIA),
    ),
    # The server keeps our Idempotency-Key for one hour from the first success: within it the same request gives the
    # same post, so a resend after a lost answer is safe. After that hour `reconcile` (a search through the account's
    # own posts, read only) is what settles it; it is asked first in any case, because servers that are not Mastodon
    # itself may ignore the key.
    reconcile=ReconcileClass.KEY,
    api_version=ApiVersion("v1/v2", source="https://docs.joinmastodon.org/client/intro/", released=date(2022, 11, 14)),
    options=(
        Option("visibility", "Who may see the post.", choices=VISIBILITIES, default="public"),
        Option("spoiler_text", "A content warning, shown in place of the text until the reader opens it."),
        Option("sensitive", "Hide the media until the reader opens it: true or false.", default="false"),
        Option(
            "poll",
            "A poll on the first post: `options` (texts), `expires_in` (seconds), `multiple` and `hide_totals` "
            "(true or false). A post with a poll has no media.",
        ),
    ),
    quotas=(
        QuotaRule("requests", 300, timedelta(minutes=5), source=RATE_DOCS, counts=QuotaCount.CALLS),
        QuotaRule("media", 30, timedelta(minutes=30), source=RATE_DOCS, counts=QuotaCount.FILES),
        QuotaRule("deletes", 30, timedelta(minutes=30), source=RATE_DOCS, counts=QuotaCount.CALLS),
    ),
    # Three calls for a post with a file: 300 calls in five minutes.
    pace=Pace(per_second=1 / 3, burst=100),
    images=ImageRules(
        max_bytes=16_000_000, max_side=5_760, types=("image/jpeg", "image/png", "image/gif", "image/webp")
    ),
    figures=GIVEN,
    can_edit=True,
    can_delete=True,
    can_schedule=False,
    # The account's own list is read from the server's database, not from an index: what is committed is seen.
    settle_delay=timedelta(seconds=30),
)
