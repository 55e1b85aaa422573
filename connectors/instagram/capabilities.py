"""What an Instagram professional account can do, as data: formats, limits, rights, options, two ways to connect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from connectors.capabilities import (
    Capabilities,
    ConnectBy,
    ConnectMethod,
    Format,
    FormatKey,
    Limit,
    Option,
    ReconcileClass,
    Unit,
)
from connectors.image_rules import ImageRules
from connectors.instagram.metric_table import GIVEN
from connectors.listening import Listening
from connectors.meta.graph import META_APP
from connectors.meta.hosts import VERSION
from connectors.meta.scopes import INSTAGRAM_LOGIN
from connectors.quotas import QuotaCount, QuotaRule
from connectors.scopes import Scope, ScopeUse

MEDIA_DOCS: Final = (
    "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"
)
PUBLISH_DOCS: Final = "https://developers.facebook.com/docs/instagram-platform/content-publishing"
COMMENT_DOCS: Final = (
    "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments"
)

INSTAGRAM_APP: Final = "instagram"
"""The name of the operator's Instagram application in the settings: another than the Meta one, with its own secret."""
FORMATS: Final = ("post", "reel", "story")
HASHTAGS: Final = Limit("text.hashtags", Unit.COUNT, max=30, source=MEDIA_DOCS)
MENTIONS: Final = Limit("text.mentions", Unit.COUNT, max=20, source=MEDIA_DOCS)
NARROWEST: Final = 4 / 5
WIDEST: Final = 1.91
"""Width by height of an image in the feed."""

OWN_SCOPES: Final = (
    Scope("instagram_business_basic", "Read the account's name and its media.", ScopeUse.FIGURES),
    Scope("instagram_business_content_publish", "Publish on the account.", ScopeUse.PUBLISH),
    Scope("instagram_business_manage_comments", "Read and write comments on the account's posts.", ScopeUse.PARTS),
    Scope("instagram_business_manage_insights", "Read figures of the account and of its posts.", ScopeUse.FIGURES),
)

_CAPTION: Final = (Limit("text.length", Unit.CHARACTERS, max=2_200, source=MEDIA_DOCS), HASHTAGS, MENTIONS)
_JPEG: Final = Limit("image.bytes", Unit.BYTES, max=8_000_000, source=MEDIA_DOCS)
_ALT: Final = Limit("alt.length", Unit.CHARACTERS, max=1_000, source=MEDIA_DOCS)
_TOGETHER: Final = Limit("collaborators.count", Unit.COUNT, max=3, source=MEDIA_DOCS)
_ONE: Final = Limit("media.count", Unit.COUNT, min=1, max=1, source=PUBLISH_DOCS)
_ANY_SHAPE: Final = ImageRules(max_bytes=8_000_000, max_side=1_920, types=("image/jpeg",))
"""Of a story: any shape is shown."""
_COVER: Final = replace(_ANY_SHAPE, min_aspect=9 / 16, max_aspect=9 / 16)
"""Of a reel: Instagram cuts another shape to this one."""
_VIDEOS: Final = ("video/mp4", "video/quicktime")
_REEL: Final = (FormatKey.REEL,)
_FEED: Final = (FormatKey.IMAGE, FormatKey.CAROUSEL, FormatKey.REEL)

_WEBHOOK_DOCS: Final = "https://developers.facebook.com/docs/instagram-platform/webhooks"
LISTENING_BY_PAGE: Final = Listening(receiver="meta", scope="pages_manage_metadata", source=_WEBHOOK_DOCS)
LISTENING: Final = Listening(receiver="instagram", scope="instagram_business_manage_comments", source=_WEBHOOK_DOCS)

CAPABILITIES: Final = Capabilities(
    key="instagram",
    name="Instagram",
    docs="https://developers.facebook.com/docs/instagram-platform/",
    connect=(
        ConnectMethod(ConnectBy.PAGE, app=META_APP, listening=LISTENING_BY_PAGE),
        ConnectMethod(ConnectBy.OAUTH, app=INSTAGRAM_APP, scopes=OWN_SCOPES, listening=LISTENING),
    ),
    formats=(
        Format(FormatKey.IMAGE, limits=(*_CAPTION, _ONE, _JPEG, _ALT, _TOGETHER), media_types=("image/jpeg",)),
        Format(
            FormatKey.CAROUSEL,
            limits=(
                *_CAPTION,
                Limit("media.count", Unit.COUNT, min=2, max=10, source=PUBLISH_DOCS),
                _JPEG,
                _ALT,
                Limit("video.bytes", Unit.BYTES, max=300_000_000, source=MEDIA_DOCS),
                Limit("video.duration", Unit.SECONDS, min=3, max=60, source=MEDIA_DOCS),
                _TOGETHER,
            ),
            media_types=("image/jpeg", *_VIDEOS),
        ),
        Format(
            FormatKey.REEL,
            limits=(
                *_CAPTION,
                _ONE,
                _TOGETHER,
                Limit("video.bytes", Unit.BYTES, max=300_000_000, source=MEDIA_DOCS),
                Limit("video.duration", Unit.SECONDS, min=3, max=900, source=MEDIA_DOCS),
            ),
            media_types=_VIDEOS,
        ),
        Format(
            FormatKey.STORY,
            limits=(
                _ONE,
                _JPEG,
                Limit("video.bytes", Unit.BYTES, max=100_000_000, source=MEDIA_DOCS),
                Limit("video.duration", Unit.SECONDS, min=3, max=60, source=MEDIA_DOCS),
            ),
            media_types=("image/jpeg", *_VIDEOS),
            images=_ANY_SHAPE,
        ),
        # The later parts of a post are comments below it.
        Format(FormatKey.THREAD, limits=(Limit("text.length", Unit.CHARACTERS, max=2_200, source=COMMENT_DOCS),)),
    ),
    scopes=INSTAGRAM_LOGIN,
    # A container is made first, and it says itself whether it was published; it can be published only once.
    reconcile=ReconcileClass.CONTAINER,
    api_version=VERSION,
    options=(
        Option("format", "Where the post appears: in the feed, as a reel, or as a story.", FORMATS, "post"),
        Option(
            "collaborators",
            "Up to three user names, separated by commas, who are asked to publish it with you.",
            formats=_FEED,
        ),
        Option("location_id", "The id of a Facebook page with a place, which is shown with the post.", formats=_FEED),
        Option(
            "user_tags",
            "People who are tagged: `username`, `file` (which file, counted from 0) and, in an image of the feed, `x` "
            "and `y` from 0 to 1.",
            formats=(*_FEED, FormatKey.STORY),
        ),
        Option("share_to_feed", "Show a reel in the feed as well: true or false.", ("true", "false"), "true", _REEL),
        Option("cover", "An image of yours that is a reel's cover.", formats=_REEL, media=True, images=_COVER),
        Option("cover_url", "The public address of a JPEG that is a reel's cover.", formats=_REEL),
        Option(
            "thumb_offset",
            "The moment of a reel, in milliseconds, that is its cover where there is no other.",
            formats=_REEL,
        ),
        Option("audio_name", "The name of a reel's own sound; it can be given once.", formats=_REEL),
        Option(
            "trial",
            "Publish the reel as a trial, and how it leaves the trial: by hand, or by itself when it does well.",
            ("MANUAL", "SS_PERFORMANCE"),
            formats=_REEL,
        ),
    ),
    quotas=(
        QuotaRule("posts", 100, timedelta(hours=24), source=PUBLISH_DOCS, first_part=True),
        QuotaRule("containers", 400, timedelta(hours=24), source=PUBLISH_DOCS, counts=QuotaCount.CALLS),
    ),
    images=replace(_ANY_SHAPE, min_aspect=NARROWEST, max_aspect=WIDEST),
    figures=GIVEN,
    can_edit=False,
    can_delete=True,
    settle_delay=timedelta(seconds=60),
    processing_timeout=timedelta(hours=1),
)
