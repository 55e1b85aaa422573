"""What the instance says of itself: its limits, which clients are told to read instead of assuming them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.mastodon.text import URL_LENGTH
from connectors.sandbox.world import Addresses

VERSION = "4.4.0+sandbox"
MAX_CHARACTERS = 500
MAX_MEDIA = 4
MAX_DESCRIPTION = 1500
IMAGE_BYTES = 16_777_216
IMAGE_PIXELS = 33_177_600
VIDEO_BYTES = 103_809_024
POLL_OPTIONS = 4
POLL_OPTION_CHARACTERS = 50
POLL_SECONDS = (300, 2_629_746)
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/avif")
VIDEO_TYPES = ("video/webm", "video/mp4", "video/quicktime", "video/ogg")
AUDIO_TYPES = (
    "audio/wave", "audio/wav", "audio/x-wav", "audio/x-pn-wave", "audio/vnd.wave", "audio/ogg", "audio/vorbis",
    "audio/mpeg", "audio/mp3", "audio/webm", "audio/flac", "audio/aac", "audio/m4a", "audio/x-m4a", "audio/mp4",
    "audio/3gpp", "video/x-ms-asf",
)  # fmt: skip


def instance_routes(address: Addresses) -> list[BaseRoute]:
    """`/api/v2/instance` and `/api/v1/instance`."""

    async def second(_request: Request) -> Response:
        return JSONResponse(_second(address()))

    async def first(_request: Request) -> Response:
        return JSONResponse(_first(address()))

    return [Route("/api/v2/instance", second), Route("/api/v1/instance", first)]


def _configuration(base: str) -> dict[str, Any]:
    return {
        "urls": {"streaming": base, "status": base, "about": None, "privacy_policy": None, "terms_of_service": None},
        "vapid": {"public_key": ""},
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": {
            "max_characters": MAX_CHARACTERS,
            "max_media_attachments": MAX_MEDIA,
            "characters_reserved_per_url": URL_LENGTH,
        },
        "media_attachments": {
            "supported_mime_types": [*IMAGE_TYPES, *VIDEO_TYPES, *AUDIO_TYPES],
            "description_limit": MAX_DESCRIPTION,
            "image_size_limit": IMAGE_BYTES,
            "image_matrix_limit": IMAGE_PIXELS,
            "video_size_limit": VIDEO_BYTES,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": POLL_OPTIONS,
            "max_characters_per_option": POLL_OPTION_CHARACTERS,
            "min_expiration": POLL_SECONDS[0],
            "max_expiration": POLL_SECONDS[1],
        },
        "translation": {"enabled": False},
        "timelines_access": {
            "live_feeds": {"local": "public", "remote": "public"},
            "hashtag_feeds": {"local": "public", "remote": "public"},
            "trending_link_feeds": {"local": "public", "remote": "public"},
        },
        "limited_federation": False,
    }


def _second(base: str) -> dict[str, Any]:
    return {
        "domain": urlsplit(base).netloc,
        "title": "Sandbox",
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "A simulated instance. Nothing leaves this machine.",
        "usage": {"users": {"active_month": 2}},
        "thumbnail": {"url": f"{base}/thumbnail.png"},
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration(base),
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "reason_required": None,
            "message": None,
            "url": None,
        },
        "api_versions": {"mastodon": 6},
        "contact": {"email": "operator@example.com", "account": None},
        "rules": [],
    }


def _first(base: str) -> dict[str, Any]:
    return {
        "uri": urlsplit(base).netloc,
        "title": "Sandbox",
        "short_description": "A simulated instance.",
        "description": "A simulated instance. Nothing leaves this machine.",
        "email": "operator@example.com",
        "version": VERSION,
        "urls": {"streaming_api": base},
        "stats": {"user_count": 2, "status_count": 0, "domain_count": 0},
        "thumbnail": None,
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(base),
        "contact_account": None,
        "rules": [],
    }
