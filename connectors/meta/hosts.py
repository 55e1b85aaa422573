"""Where Meta's APIs are, and which version of them is spoken: the one place to change when a version ends.

A version lives for at least two years; calls to one that has ended are answered by the oldest that is left, so that
behaviour changes without a word. Source: https://developers.facebook.com/docs/graph-api/guides/versioning
"""

from __future__ import annotations

from datetime import date
from typing import Final

from connectors.capabilities import ApiVersion

VERSION: Final = ApiVersion(
    "v26.0",
    source="https://developers.facebook.com/docs/graph-api/guides/versioning",
    released=date(2026, 7, 29),
    sunset=date(2028, 7, 29),
)
"""The version in every address; `sunset` is the end of the two years that are promised."""

GRAPH: Final = "https://graph.facebook.com"
DIALOG: Final = "https://www.facebook.com"
UPLOADS: Final = "https://rupload.facebook.com"
INSTAGRAM_GRAPH: Final = "https://graph.instagram.com"
INSTAGRAM_DIALOG: Final = "https://www.instagram.com"
INSTAGRAM_LOGIN: Final = "https://api.instagram.com"
