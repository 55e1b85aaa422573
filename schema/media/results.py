"""What clients send about media, and what mutations about them answer."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeAlias

import strawberry

from app.domain.media.errors import MediaInUse as UsedMedia
from app.domain.media.model import MediaFile
from schema.errors import InvalidInput, MediaNotReady, MediaRefused, NotFound, UserError
from schema.media.file import Media, MediaUpload
from schema.posts.post import Post
from schema.scalars import URL
from schema.traversal import one


@strawberry.input(description="A file to be uploaded.")
class CreateMediaUploadInput:
    """An announcement."""

    filename: str = strawberry.field(description="Its name.")
    mime: str = strawberry.field(description="What it is; its bytes must agree.")
    size: int = strawberry.field(description="Its size in bytes; its bytes must agree.")
    alt: str | None = strawberry.field(default=None, description="What it shows, in words.")


@strawberry.input(description="An upload that has ended.")
class CompleteMediaUploadInput:
    """A completion."""

    media_id: strawberry.ID = strawberry.field(description="The file.")


@strawberry.input(description="A file to be fetched from the web.")
class ImportMediaInput:
    """An import."""

    url: URL = strawberry.field(description="Where it is.")
    alt: str | None = strawberry.field(default=None, description="What it shows, in words.")


@strawberry.input(description="A file that is not needed any more.")
class DeleteMediaInput:
    """A deletion."""

    media_id: strawberry.ID = strawberry.field(description="The file.")


@strawberry.type(description="Send the bytes to `upload`, then call completeMediaUpload.")
class MediaUploadCreated:
    """Announced."""

    media: Media = strawberry.field(description="The file, awaiting its bytes.")
    upload: MediaUpload = strawberry.field(description="Where to send the bytes, and how.")


@strawberry.type(description="The file can be used in posts.")
class MediaReady:
    """Ready."""

    media: Media = strawberry.field(description="The file.")


@strawberry.type(description="The file and its copies are deleted.")
class MediaDeleted:
    """Gone."""

    media_id: strawberry.ID = strawberry.field(description="The file that there was.")


@strawberry.type(description="A post that has not gone out shows the file.")
class MediaInUse(UserError):
    """A file that is needed."""

    row: strawberry.Private[UsedMedia]
    post: Post | None = one(
        "posts", by="post_id", into="schema.posts.post:Post", description="The first of these posts."
    )

    @classmethod
    def of(cls, error: Any) -> Self:
        """A refusal about a file."""
        return cls(row=error, message=error.message, code=error.code, path=list(error.path), hint=error.hint)


@strawberry.type(description="The bytes were looked at, and the file cannot be used: `message` says why.")
class MediaFailed(UserError):
    """Failed, and kept so that its fault can be read."""

    media: Media = strawberry.field(description="The file.")


def settled(row: MediaFile) -> MediaReady | MediaFailed:
    """What became of a file whose bytes were looked at."""
    media = Media.of(row)
    if media.fault is None:
        return MediaReady(media=media)
    return MediaFailed(
        message=media.fault.message, code="MEDIA_FAILED", path=["input"], hint=media.fault.hint, media=media
    )


CreateMediaUploadResult: TypeAlias = Annotated[
    MediaUploadCreated | MediaRefused | InvalidInput,
    strawberry.union("CreateMediaUploadResult", description="Where to upload, or why not."),
]
CompleteMediaUploadResult: TypeAlias = Annotated[
    MediaReady | MediaFailed | MediaNotReady | MediaRefused | InvalidInput | NotFound,
    strawberry.union("CompleteMediaUploadResult", description="The file, or why it cannot be used."),
]
ImportMediaResult: TypeAlias = Annotated[
    MediaReady | MediaFailed | MediaRefused | InvalidInput,
    strawberry.union("ImportMediaResult", description="The file, or why it cannot be used."),
]
DeleteMediaResult: TypeAlias = Annotated[
    MediaDeleted | MediaInUse | NotFound | InvalidInput,
    strawberry.union("DeleteMediaResult", description="That the file is gone, or why not."),
]
