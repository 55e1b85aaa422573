"""What a file refuses."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from app.kernel.errors import DomainError


class MediaRefused(DomainError):
    """The file cannot be taken: of a kind that is not taken, too large, damaged, or not what it was said to be."""

    code: ClassVar[str] = "MEDIA_REFUSED"


class MediaNotReady(MediaRefused):
    """There are no bytes yet. Nothing was changed; it can be tried again."""

    code: ClassVar[str] = "MEDIA_NOT_READY"


class MediaInUse(DomainError):
    """A post that may still go out shows the file."""

    code: ClassVar[str] = "MEDIA_IN_USE"

    def __init__(self, post_id: UUID) -> None:
        super().__init__(
            "A post that has not gone out shows this file.",
            hint="Cancel the post or give it another file with updatePost, then delete this one.",
            path=("input", "mediaId"),
        )
        self.post_id = post_id


class UploadInvalid(DomainError):
    """The upload address is unknown, too old, or of a completed file; which one is not told: ids tell nothing."""

    code: ClassVar[str] = "UPLOAD_INVALID"

    def __init__(self) -> None:
        super().__init__("This upload address is not valid any more.", hint="Create a new upload.")


class LinkInvalid(DomainError):
    """The address of a file is forged, too old, or of a file that is gone."""

    code: ClassVar[str] = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("This address is not valid any more.", hint="Ask for a new one where you came from.")
