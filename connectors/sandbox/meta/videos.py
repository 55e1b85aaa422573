"""Videos, reels and video stories: uploads in pieces, the one request that publishes, and their state in between.

Sources: developers.facebook.com/docs/graph-api/reference/page/videos, .../video-api/guides/reels-publishing (also for
the upload host, which has no description of its own), .../page-stories-api.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.meta.calls import Call, Meta, Table
from connectors.sandbox.meta.contract import check_form, top_level
from connectors.sandbox.meta.errors import GraphError, invalid, missing
from connectors.sandbox.meta.fields import SentFile, only
from connectors.sandbox.meta.files import keep, mime_of
from connectors.sandbox.meta.hosts import FACEBOOK, UPLOADS
from connectors.sandbox.meta.tokens import bearer
from connectors.sandbox.tables import Row
from connectors.sandbox.world import Addresses

VIDEOS: Final = "meta.videos"
CHUNK: Final = 1_000_000
_KINDS: Final = {"videos": "video", "video_reels": "reel", "video_stories": "story"}


class Videos:
    """Handlers, with the address of the upload host."""

    def __init__(self, meta: Meta, address: Addresses) -> None:
        self._meta = meta
        self._address = address

    @property
    def table(self) -> Table:
        """What is answered here."""
        return {
            ("POST", "page", "videos"): self.videos,
            ("POST", "page", "video_reels"): self.reels,
            ("POST", "page", "video_stories"): self.stories,
            ("GET", "video", None): self.get,
        }

    async def videos(self, call: Call) -> dict[str, Any]:
        """Plain videos: start, transfer, finish."""
        page = self._page(call, "videos")
        match call.text("upload_phase"):
            case "start":
                video = self._start(page, "videos", size=int(call.text("file_size")))
                return {"video_id": video["id"], "upload_session_id": video["session"], **_next(video)}
            case "transfer":
                return self._transfer(call)
            case "finish":
                video = self._in_session(call)
                if video["received"] != video["size"]:
                    raise GraphError("The upload is incomplete", 6000, 1363045)
                self._publish(page, video, call.text("description"), call.given("title") | _thumbnail(call))
                return {"success": True}
            case phase:
                raise invalid(f"upload_phase {phase} is not served here")

    async def reels(self, call: Call) -> dict[str, Any]:
        """Reels: start, then the upload host, then finish."""
        page = self._page(call, "video_reels")
        if call.text("upload_phase") == "start":
            return self._to_host(self._start(page, "video_reels"))
        if call.text("video_state") != "PUBLISHED":
            raise invalid("The sandbox publishes at once: video_state is PUBLISHED")
        self._publish(page, self._uploaded(call), call.text("description"), call.given("title", "place"))
        return {"success": True}

    async def stories(self, call: Call) -> dict[str, Any]:
        """Video stories, in the same way."""
        page = self._page(call, "video_stories")
        if call.text("upload_phase") == "start":
            return self._to_host(self._start(page, "video_stories"))
        video = self._uploaded(call)
        self._publish(page, video, "", {})
        return {"success": True, "post_id": video["id"]}

    async def get(self, call: Call) -> dict[str, Any]:
        """A video with its state."""
        call.checked(FACEBOOK, "AdVideo", None)
        video = self._video(call.node, call.caller.subject)
        thing = self._meta.things.get(call.node)
        if video["published"] and thing is None:
            raise missing(call.node)
        counts = self._meta.things.counts(call.node)
        summary = {"data": [], "summary": {"total_count": counts.get("likes", 0)}}
        row = {
            "id": video["id"],
            "status": self._state(video),
            "permalink_url": self._meta.things.url(thing) if thing else None,
            "views": counts.get("views", 0),
            "likes": summary,
            "comments": {"data": [], "summary": {"total_count": len(self._meta.things.replies(call.node))}},
        }
        return only(row, top_level(call.text("fields")))

    async def upload(self, request: Request) -> Response:
        """The upload host: the file's bytes from an offset on."""
        video_id = request.path_params["id"]
        headers = {name: request.headers.get(name, "") for name in ("authorization", "offset", "file_size")}
        check_form(request, FACEBOOK, "upload host", headers, *headers)
        row = self._meta.tokens.find(bearer(request.headers))
        if row is None or row["state"] != "live":
            raise GraphError("Error validating access token", 190, status=401)
        video = self._video(video_id, row["subject"])
        held = self._meta.world.blobs.get(video["sha256"]) or b"" if video["sha256"] else b""
        if int(headers["offset"]) != len(held):
            return _debug("OffsetInvalidError", f"The offset is {len(held)}", retriable=False)
        content = held + await request.body()
        if len(content) == int(headers["file_size"]) and mime_of(content) != "video/mp4":
            return _debug("ProcessingFailedError", "Request processing failed", retriable=False)
        self._put({**video, "size": int(headers["file_size"]), **self._held(content)})
        if len(content) < int(headers["file_size"]):
            return _debug("PartialRequestError", "Partial request (did not match length of file)", retriable=True)
        return JSONResponse({"success": True})

    def _page(self, call: Call, edge: str) -> Row:
        call.checked(FACEBOOK, "Page", edge)
        call.need("pages_manage_posts")
        return call.writing(call.page())

    def _start(self, page: Row, edge: str, size: int = 0) -> Row:
        number = str(self._meta.world.next_micros())
        video = {"id": number, "page": page["id"], "kind": _KINDS[edge], "session": f"s{number}", "size": size}
        return self._put({**video, "received": 0, "sha256": None, "published": False, "polls": 0})

    def _to_host(self, video: Row) -> dict[str, Any]:
        return {"video_id": video["id"], "upload_url": f"{self._address()}/{UPLOADS}/video-upload/{video['id']}"}

    def _transfer(self, call: Call) -> dict[str, Any]:
        video, piece = self._in_session(call), call.params.get("video_file_chunk")
        if not isinstance(piece, SentFile):
            raise GraphError("No video file", 1363020)
        if int(call.text("start_offset")) != video["received"]:
            raise GraphError("The upload goes on at another place", 6001, 1363037, data=_next(video))
        held = self._meta.world.blobs.get(video["sha256"]) or b"" if video["sha256"] else b""
        content = held + piece.content
        if mime_of(content) != "video/mp4":
            raise GraphError("The video file you selected is in a format that we don't support.", 352, 1363024)
        return _next(self._put({**video, **self._held(content)}))

    def _publish(self, page: Row, video: Row, text: str, said: Mapping[str, str]) -> None:
        content = self._meta.world.blobs.get(video["sha256"] or "") or b""
        shown = keep(self._meta.world, content, "video/mp4")
        self._put({**video, "published": True})
        self._meta.things.publish(page, video["kind"], text, id=video["id"], media=(shown,), options=said)

    def _state(self, video: Row) -> dict[str, Any]:
        """Processing takes as many looks as the switch says, once the video was published."""
        complete = video["size"] > 0 and video["received"] == video["size"]
        uploading = {"status": "complete" if complete else "in_progress", "bytes_transferred": video["received"]}
        if not video["published"]:
            return {"video_status": "upload_complete" if complete else "uploading", "uploading_phase": uploading}
        working = video["polls"] < self._meta.world.switches.media_polls
        self._put({**video, "polls": video["polls"] + 1})
        phase = "in_progress" if working else "complete"
        publishing = {"status": "not_started" if working else "complete", "publish_status": "published"}
        return {
            "video_status": "processing" if working else "ready",
            "uploading_phase": uploading,
            "processing_phase": {"status": phase},
            "publishing_phase": publishing,
        }

    def _uploaded(self, call: Call) -> Row:
        video = self._video(call.text("video_id"), call.node)
        if video["received"] != video["size"] or video["published"]:
            raise invalid("The video is not uploaded, or it is published already")
        return video

    def _in_session(self, call: Call) -> Row:
        session = call.text("upload_session_id")
        found = [row for _, row in self._meta.world.tables.rows(VIDEOS) if row["session"] == session]
        if not found or found[0]["page"] != call.node or found[0]["published"]:
            raise GraphError("The upload session has expired", 6000, 1363041)
        return found[0]

    def _video(self, video_id: str, page: str) -> Row:
        row = self._meta.world.tables.get(VIDEOS, video_id)
        if row is None or row["page"] != page:
            raise missing(video_id)
        return row

    def _held(self, content: bytes) -> Row:
        return {"received": len(content), "sha256": self._meta.world.blobs.put(content)}

    def _put(self, video: Row) -> Row:
        self._meta.world.tables.put(VIDEOS, video["id"], video)
        return video


def _thumbnail(call: Call) -> dict[str, str]:
    """The picture that is to stand for a video, as the name of its bytes in the store."""
    sent = call.params.get("thumb")
    if sent is None:
        return {}
    if not isinstance(sent, SentFile) or not (mime_of(sent.content) or "").startswith("image/"):
        raise invalid("thumb is not an image file")
    return {"cover": call.meta.world.blobs.put(sent.content)}


def _next(video: Row) -> dict[str, str]:
    """Where the upload goes on."""
    start = video["received"]
    return {"start_offset": str(start), "end_offset": str(min(start + CHUNK, video["size"]))}


def _debug(kind: str, words: str, *, retriable: bool) -> Response:
    return JSONResponse({"debug_info": {"retriable": retriable, "type": kind, "message": words}}, 400)
