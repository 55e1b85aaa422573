"""Which files fit a platform's rules as they are, and the name of the copy that the others need. Pure."""

from __future__ import annotations

import hashlib

from app.domain.media.model import MediaFile
from connectors.capabilities import MediaKind
from connectors.framing import takes
from connectors.image_rules import ImageRules


def fingerprint(rules: ImageRules) -> str:
    """A short name for what a copy fits: copies for the same rules are the same copy."""
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def fits(file: MediaFile, rules: ImageRules) -> bool:
    """Whether the file may go out as it is: an image of the right kind that tells nothing but what it shows.

    Only images are made to fit; everything else goes out as it is, and the connector says what is wrong with it.
    """
    if file.kind != MediaKind.IMAGE:
        return True
    return file.clean is True and takes(rules, file.mime, file.size or 0, file.width or 0, file.height or 0)
