"""What Facebook says about a video that it was given, read whole: pages and API spell some words differently.

Source: https://developers.facebook.com/docs/video-api/guides/reels-publishing (status of an upload)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final

from connectors.contract import PublishedRef
from connectors.facebook.kinds import KIND, Kind
from connectors.meta.graph import Graph
from connectors.meta.hosts import DIALOG

_DONE: Final = frozenset({"complete", "completed"})
_BROKEN: Final = frozenset({"error", "upload_failed", "expired"})
_BEFORE: Final = frozenset({"uploading", "upload_complete"})


class State(Enum):
    """How far a video has come."""

    UPLOADED = auto()
    """Its bytes are there; nobody has asked for it to be published."""
    WORKING = auto()
    """It was taken for publishing and is being processed."""
    PUBLISHED = auto()
    BROKEN = auto()
    """Facebook could not process it."""
    UNCLEAR = auto()


def state_of(body: Mapping[str, Any]) -> tuple[State, str]:
    """The state of a video by its `status` field, and Facebook's words where it is broken."""
    status = _part(body, "status")
    publishing = _part(status, "publishing_phase")
    phases = [_part(status, name) for name in ("uploading_phase", "processing_phase", "publishing_phase")]
    overall = str(status.get("video_status") or "").lower()
    broken = [phase for phase in phases if str(phase.get("status")).lower() == "error"]
    if overall in _BROKEN or broken:
        return State.BROKEN, _words(broken or phases)
    done = str(publishing.get("status")).lower() in _DONE
    intended = str(publishing.get("publish_status") or "").lower()
    if done and intended == "published":
        return State.PUBLISHED, ""
    if overall == "ready" and not publishing:
        return State.PUBLISHED, ""  # a plain video has no phase of publishing: ready is out
    if intended == "published" or overall in {"processing", "ready"}:
        return State.WORKING, ""
    return (State.UPLOADED if overall in _BEFORE else State.UNCLEAR), ""


def ref_of_video(graph: Graph, video: str, body: Mapping[str, Any], kind: Kind) -> PublishedRef:
    """The reference of a video or reel: its own id, under which it can be read, changed, commented and removed."""
    link, site = body.get("permalink_url"), graph.cx.settings.at(DIALOG)
    url = f"{site}/{'reel/' if kind is Kind.REEL else ''}{video}"
    if isinstance(link, str) and link:
        url = link if link.startswith(("https://", "http://")) else f"{site}/{link.lstrip('/')}"
    return PublishedRef(video, url, {KIND: kind.value})


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _words(phases: list[Mapping[str, Any]]) -> str:
    """The first message of the phases' errors; `errors` is a list, the pages also write `error`."""
    for phase in phases:
        said = phase.get("errors") or phase.get("error")
        for item in said if isinstance(said, list) else [said]:
            if isinstance(item, Mapping) and isinstance(item.get("message"), str):
                return str(item["message"])[:300]
    return ""
