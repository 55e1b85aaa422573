"""What a Facebook page can do, as data: formats, limits, rights, options."""

from __future__ import annotations

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
from connectors.facebook.metric_table import GIVEN
from connectors.image_rules import ImageRules
from connectors.listening import Listening
from connectors.meta.graph import META_APP
from connectors.meta.hosts import VERSION
from connectors.meta.scopes import FACEBOOK_LOGIN
from connectors.quotas import QuotaRule

POSTS_DOCS: Final = "https://developers.facebook.com/docs/pages-api/posts"
STORIES_DOCS: Final = "https://developers.facebook.com/docs/page-stories-api"
REELS_DOCS: Final = "https://developers.facebook.com/docs/video-api/guides/reels-publishing"
VIDEO_DOCS: Final = "https://developers.facebook.com/docs/graph-api/reference/page/videos/"
PHOTO_DOCS: Final = "https://developers.facebook.com/docs/graph-api/reference/page/photos/"
COMMENT_DOCS: Final = "https://developers.facebook.com/docs/graph-api/reference/object/comments/"
RATE_DOCS: Final = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif")
VIDEO_TYPES: Final = ("video/mp4", "video/quicktime")
FORMATS: Final = ("post", "reel", "story")

_TEXT: Final = Limit("text.length", Unit.CHARACTERS, max=63_206, source=POSTS_DOCS)
_IMAGE: Final = Limit("image.bytes", Unit.BYTES, max=10_000_000, source=STORIES_DOCS)
_ONE: Final = Limit("media.count", Unit.COUNT, min=1, max=1, source=STORIES_DOCS)

LISTENING: Final = Listening(
    receiver="meta",
    scope="pages_manage_metadata",
    source="https://developers.facebook.com/docs/graph-api/webhooks/getting-started/webhooks-for-pages",
)

CAPABILITIES: Final = Capabilities(
    key="facebook",
    name="Facebook",
    docs="https://developers.facebook.com/docs/pages-api",
    connect=(ConnectMethod(ConnectBy.OAUTH, app=META_APP, listening=LISTENING),),
    formats=(
        Format(FormatKey.TEXT, limits=(_TEXT,)),
        Format(FormatKey.LINK, limits=(_TEXT,)),
        Format(
            FormatKey.IMAGE,
            limits=(_TEXT, Limit("media.count", Unit.COUNT, max=10, source=PHOTO_DOCS), _IMAGE),
            media_types=IMAGE_TYPES,
        ),
        Format(
            FormatKey.VIDEO,
            limits=(
                _TEXT,
                Limit("video.count", Unit.COUNT, max=1, source=VIDEO_DOCS),
                Limit("video.bytes", Unit.BYTES, max=2_147_483_647, source=VIDEO_DOCS),
                Limit("video.duration", Unit.SECONDS, max=4 * 3600, source=VIDEO_DOCS),
            ),
            media_types=VIDEO_TYPES,
        ),
        Format(
            FormatKey.REEL,
            limits=(
                _TEXT,
                Limit("media.count", Unit.COUNT, min=1, max=1, source=REELS_DOCS),
                Limit("video.duration", Unit.SECONDS, min=3, max=90, source=REELS_DOCS),
            ),
            media_types=("video/mp4",),
        ),
        Format(
            FormatKey.STORY,
            limits=(_ONE, _IMAGE, Limit("video.duration", Unit.SECONDS, max=60, source=STORIES_DOCS)),
            media_types=(*IMAGE_TYPES, "video/mp4"),
        ),
        # The later parts of a post are comments below it.
        Format(
            FormatKey.THREAD,
            limits=(
                Limit("text.length", Unit.CHARACTERS, max=8_000, source=COMMENT_DOCS),
                Limit("media.count", Unit.COUNT, max=1, source=COMMENT_DOCS),
                _IMAGE,
            ),
            media_types=IMAGE_TYPES,
        ),
    ),
    scopes=FACEBOOK_LOGIN,
    # Facebook keeps no key of ours. The page's list of posts is searched by uploaded files, text and time; videos and
    # reels are asked for by the id that the upload gave. A story is left to a person.
    reconcile=ReconcileClass.LOOKUP,
    api_version=VERSION,
    options=(
        Option("format", "Where the post appears: on the page, as a reel, or as a story.", FORMATS, "post"),
        Option("title", "The title of a video or reel.", formats=(FormatKey.VIDEO, FormatKey.REEL)),
        Option(
            "place",
            "The id of a Facebook page with a place, which is shown with the post.",
            formats=(FormatKey.TEXT, FormatKey.LINK, FormatKey.IMAGE, FormatKey.REEL),
        ),
        Option("cover", "An image of yours that is a video's cover.", formats=(FormatKey.VIDEO,), media=True),
    ),
    quotas=(
        QuotaRule("reels", 30, timedelta(hours=24), source=REELS_DOCS, first_part=True, option=("format", "reel")),
    ),
    images=ImageRules(max_bytes=4_000_000, max_side=2_048, types=IMAGE_TYPES),
    figures=GIVEN,
    can_edit=True,
    edits_text_only=True,
    can_delete=True,
    settle_delay=timedelta(minutes=2),
    processing_timeout=timedelta(hours=6),
)
