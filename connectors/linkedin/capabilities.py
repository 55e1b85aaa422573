"""What LinkedIn can do, as data: formats, limits, rights, options, and the one version of the API that is spoken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from connectors.capabilities import (
    ApiVersion,
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
from connectors.linkedin.metric_table import GIVEN
from connectors.listening import Listening
from connectors.retention import Retention
from connectors.scopes import Scope, ScopeUse

WEB: Final = "https://www.linkedin.com"
"""Where people read, and where they sign in."""
API: Final = "https://api.linkedin.com"

MEMBER_APP: Final = "linkedin"
"""The operator's application with the products "Sign In with LinkedIn using OpenID Connect" and "Share on LinkedIn"."""
PAGES_APP: Final = "linkedin_pages"
"""The operator's application with the product "Community Management API", which LinkedIn grants to no other one."""

APPLICATION: Final = "application"
"""Name in the application's `extra`: its number, as the developer portal shows it, once webhooks are set up there."""

_DOCS: Final = "https://learn.microsoft.com/en-us/linkedin"
_SHARES: Final = f"{_DOCS}/marketing/community-management/shares"
_POSTS: Final = f"{_SHARES}/posts-api"
_IMAGES: Final = f"{_SHARES}/images-api"
_VIDEOS: Final = f"{_SHARES}/videos-api"
_DOCUMENTS: Final = f"{_SHARES}/documents-api"
_POLLS: Final = f"{_SHARES}/poll-post-api"
_COMMENTS: Final = f"{_SHARES}/comments-api"

VERSION: Final = ApiVersion(
    "202609",
    source=f"{_DOCS}/marketing/versioning",
    released=date(2026, 9, 1),
    # A version lives for a year at least; LinkedIn announces the day.
    sunset=date(2027, 9, 1),
)
"""Sent with every call; after its sunset LinkedIn answers 426 to everything."""

VISIBILITIES: Final = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")
MEMBERS_ONLY: Final = "CONNECTIONS"
"""The visibility that an organization does not have."""

IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/gif")
DOCUMENT_TYPES: Final = (
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)

_TEXT = Limit("text.length", Unit.CHARACTERS, max=3_000, source=_POSTS)
_PIXELS = Limit("image.pixels", Unit.PIXELS, max=36_152_319, source=_IMAGES)

PROFILE_KIND: Final = "profile"
PAGE_KIND: Final = "page"
"""The kinds of account: a member, and an organization's page."""
_MEMBER_SOCIAL: Final = "Publish, edit and delete posts and comments of the member."

MEMBER_SCOPES: Final = (
    Scope("openid", "Know which member it is.", ScopeUse.FIGURES),
    Scope("profile", "Read the member's name and picture.", ScopeUse.FIGURES),
    Scope("w_member_social", _MEMBER_SOCIAL, ScopeUse.PUBLISH),
)
PAGES_SCOPES: Final = (
    Scope("r_basicprofile", "Read the member's name.", ScopeUse.FIGURES),
    Scope("w_member_social", _MEMBER_SOCIAL, ScopeUse.PUBLISH, (PROFILE_KIND,)),
    Scope(
        "w_organization_social",
        "Publish, edit and delete posts and comments of the pages that the member manages.",
        ScopeUse.PUBLISH,
        (PAGE_KIND,),
    ),
    Scope(
        "r_organization_social",
        "Find out whether a page's post went out when the answer was lost; its figures.",
        ScopeUse.FIGURES,
    ),
    Scope("rw_organization_admin", "Read which pages the member manages, and their followers.", ScopeUse.FIGURES),
)

CAPABILITIES: Final = Capabilities(
    key="linkedin",
    name="LinkedIn",
    docs=_POSTS,
    connect=(
        ConnectMethod(ConnectBy.OAUTH, app=MEMBER_APP),
        ConnectMethod(
            ConnectBy.PAGE,
            app=PAGES_APP,
            scopes=PAGES_SCOPES,
            listening=Listening(
                receiver="linkedin",
                scope="rw_organization_admin",
                source=f"{_DOCS}/marketing/community-management/organizations/organization-social-action-notifications",
                kinds=("page",),
            ),
        ),
    ),
    formats=(
        Format(FormatKey.TEXT, (_TEXT,)),
        Format(FormatKey.LINK, (_TEXT, _PIXELS), IMAGE_TYPES),
        Format(
            FormatKey.IMAGE,
            (
                _TEXT,
                Limit("media.count", Unit.COUNT, max=20, source=f"{_SHARES}/multiimage-post-api"),
                _PIXELS,
                Limit("alt.length", Unit.CHARACTERS, max=4_086, source=_POSTS),
            ),
            IMAGE_TYPES,
        ),
        Format(
            FormatKey.VIDEO,
            (
                _TEXT,
                Limit("media.count", Unit.COUNT, max=1, source=_VIDEOS),
                Limit("video.bytes", Unit.BYTES, min=75_000, max=500_000_000, source=_VIDEOS),
                Limit("video.duration", Unit.SECONDS, min=3, max=1_800, source=_VIDEOS),
            ),
            ("video/mp4",),
        ),
        Format(
            FormatKey.DOCUMENT,
            (
                _TEXT,
                Limit("media.count", Unit.COUNT, max=1, source=_DOCUMENTS),
                Limit("document.bytes", Unit.BYTES, max=100_000_000, source=_DOCUMENTS),
                Limit("document.pages", Unit.COUNT, max=300, source=_DOCUMENTS),
            ),
            DOCUMENT_TYPES,
        ),
        Format(
            FormatKey.POLL,
            (
                _TEXT,
                Limit("poll.question", Unit.CHARACTERS, max=140, source=_POLLS),
                Limit("poll.options", Unit.COUNT, min=2, max=4, source=_POLLS),
                Limit("poll.option_length", Unit.CHARACTERS, max=30, source=_POLLS),
            ),
        ),
        # Comments under the first post. LinkedIn's pages name no length for them; its own application takes 1,250.
        Format(FormatKey.THREAD, (Limit("comment.length", Unit.CHARACTERS, max=1_250, source=_COMMENTS),)),
    ),
    scopes=MEMBER_SCOPES,
    reconcile=ReconcileClass.DUPLICATE,
    api_version=VERSION,
    options=(
        Option(
            "visibility",
            "Who may see the post: everybody, the member's connections (not for pages), or whoever is logged in.",
            choices=VISIBILITIES,
            default="PUBLIC",
        ),
        Option(
            "title",
            "The title of a video, or of a document, which has its file name without this.",
            formats=(FormatKey.VIDEO, FormatKey.DOCUMENT),
        ),
        Option(
            "poll",
            "A poll on the post: `question` (a text), `options` (texts) and `expires_in` (seconds: 86400, 259200, "
            "604800 or 1209600). A post with a poll has no files and no card.",
        ),
    ),
    # No allowances: LinkedIn shows its daily limits in the developer portal only, and they differ between applications.
    images=ImageRules(max_bytes=10_000_000, max_side=6_000, types=IMAGE_TYPES),
    retention=Retention(
        people=timedelta(hours=24),
        activity=timedelta(hours=48),
        # What happens around a member's posts is activity of members; a page's own statistics may be kept.
        figures={"profile": timedelta(hours=48)},
        source="https://learn.microsoft.com/en-us/linkedin/marketing/data-storage-requirements",
    ),
    figures=GIVEN,
    can_edit=True,
    edits_text_only=True,
    can_delete=True,
    can_schedule=False,
    # What has just been made shows up in the lists after some minutes.
    settle_delay=timedelta(minutes=10),
)
