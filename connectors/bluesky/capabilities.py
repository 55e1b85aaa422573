"""What Bluesky takes and allows, as data. Every figure names the page that states it.

A server (PDS) may set a smaller limit for files; `login` reads it and keeps it with the account.
"""

from __future__ import annotations

from datetime import date, timedelta

from connectors.bluesky.metric_table import GIVEN
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
from connectors.quotas import QuotaCount, QuotaRule
from connectors.scopes import Scope, ScopeUse

_LEXICONS = "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky"
_RATE_LIMITS = "https://docs.bsky.app/docs/advanced-guides/rate-limits"
_POST = f"{_LEXICONS}/feed/post.json"
_BLOB_LIMIT = "https://docs.bsky.app/docs/tutorials/video"

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
MAX_IMAGE_BYTES = 1_000_000
"""Newer servers take 2 MB; 1 MB is what every server takes."""
MAX_VIDEO_BYTES = 50_000_000
"""What one upload to bsky.social may hold; a server's own figure replaces it, up to `MAX_RECORD_VIDEO_BYTES`."""
MAX_RECORD_VIDEO_BYTES = 100_000_000
"""What every server's schema of a video post takes; newer ones take 300 MB."""
MAX_LANGUAGES = 3
MAX_ALT_GRAPHEMES = 2_000
"""Bluesky's own application cuts descriptions here; servers do not."""
REPLY_CHOICES = ("everybody", "followers", "following", "mentioned", "nobody")

_TEXT = (
    Limit("text.length", Unit.GRAPHEMES, max=300, source=_POST),
    Limit("text.bytes", Unit.BYTES, max=3_000, source=_POST),
)

CAPABILITIES = Capabilities(
    key="bluesky",
    name="Bluesky",
    docs="https://docs.bsky.app",
    connect=(
        ConnectMethod(
            ConnectBy.OAUTH,
            (
                ConnectField(
                    "identifier",
                    "Handle, DID or server",
                    placeholder="alice.bsky.social",
                    help="Your handle is enough. With a server address you choose the account there.",
                ),
            ),
        ),
        ConnectMethod(
            ConnectBy.APP_PASSWORD,
            (
                ConnectField("identifier", "Handle or DID", placeholder="alice.bsky.social"),
                ConnectField(
                    "password",
                    "App password",
                    kind=FieldKind.SECRET,
                    placeholder="xxxx-xxxx-xxxx-xxxx",
                    help="Make one in Bluesky under Settings, Privacy and security, App passwords.",
                ),
                ConnectField(
                    "service",
                    "Server",
                    kind=FieldKind.URL,
                    required=False,
                    placeholder="https://bsky.social",
                    help="Only where the server cannot be found by the handle, or to log in by e-mail address.",
                ),
            ),
        ),
    ),
    formats=(
        Format(FormatKey.TEXT, _TEXT),
        Format(
            FormatKey.IMAGE,
            (
                *_TEXT,
                Limit("media.count", Unit.COUNT, max=4, source=f"{_LEXICONS}/embed/images.json"),
                Limit("image.bytes", Unit.BYTES, max=MAX_IMAGE_BYTES, source=f"{_LEXICONS}/embed/images.json"),
            ),
            (*IMAGE_TYPES, "image/gif"),
        ),
        Format(
            FormatKey.VIDEO,
            (
                *_TEXT,
                Limit("media.count", Unit.COUNT, max=1, source=f"{_LEXICONS}/embed/video.json"),
                Limit("video.bytes", Unit.BYTES, max=MAX_VIDEO_BYTES, source=_BLOB_LIMIT),
            ),
            ("video/mp4",),
        ),
        Format(
            FormatKey.LINK,
            (*_TEXT, Limit("image.bytes", Unit.BYTES, max=MAX_IMAGE_BYTES, source=f"{_LEXICONS}/embed/external.json")),
            (*IMAGE_TYPES, "image/gif"),
        ),
        Format(FormatKey.THREAD, _TEXT),
    ),
    scopes=(
        Scope("atproto", "Know which account it is.", ScopeUse.PUBLISH),
        Scope(
            "transition:generic", "Upload files, write and delete posts, read their public figures.", ScopeUse.PUBLISH
        ),
    ),
    reconcile=ReconcileClass.KEY,
    api_version=ApiVersion(
        "AT Protocol lexicons",
        "https://github.com/bluesky-social/atproto/tree/main/lexicons",
        released=date(2026, 8, 20),
    ),
    options=(
        Option("reply", "Who may reply to the post, or to the first post of a thread.", REPLY_CHOICES, "everybody"),
    ),
    # Writes are counted in points: 3 for each new record, at most 5,000 an hour and 35,000 a day for an account.
    quotas=(
        QuotaRule("posts.hour", 1_666, timedelta(hours=1), _RATE_LIMITS),
        QuotaRule("posts.day", 11_666, timedelta(days=1), _RATE_LIMITS),
        QuotaRule("uploads.day", 1_000, timedelta(days=1), _RATE_LIMITS, counts=QuotaCount.FILES),
    ),
    images=ImageRules(max_bytes=MAX_IMAGE_BYTES, max_side=2_000, types=IMAGE_TYPES),
    figures=GIVEN,
    can_edit=False,
    can_delete=True,
    can_schedule=False,
    # The server that is asked is the one that writes, and a resend is the same record: a short wait is enough.
    settle_delay=timedelta(seconds=5),
)
