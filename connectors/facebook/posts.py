"""What can be done with a thing that is out: change its text, remove it. Source: https://developers.facebook.com/docs/pages-api/posts."""

from __future__ import annotations

from typing import Final

from connectors.contract import PublishedRef, PublishTask
from connectors.facebook.kinds import KIND, Kind
from connectors.facebook.publishing import posted_text
from connectors.faults import FaultKind, PlatformFault
from connectors.meta.faults import refused
from connectors.meta.graph import Graph

_TEXT_FIELD: Final = {
    Kind.POST: "message",
    Kind.COMMENT: "message",
    Kind.VIDEO: "description",
    Kind.REEL: "description",
}
_GONE: Final = "It is not on Facebook any more."


async def edit(graph: Graph, ref: PublishedRef, task: PublishTask) -> PublishedRef:
    """Put another text in place; doing it twice is the same as once. Files and links stay as they are."""
    kind = kind_of_ref(ref)
    name = _TEXT_FIELD.get(kind)
    if name is None:
        raise refused(FaultKind.INVALID_CONTENT, "A story cannot be changed.", "Delete it and publish another one.")
    card = task.part.link is not None and not task.part.media and kind is Kind.POST
    await graph.post(ref.id, {name: posted_text(task.part, card=card)}, missing=_GONE)
    return ref


async def delete(graph: Graph, ref: PublishedRef) -> None:
    """Remove it; what is not there is removed already."""
    try:
        await graph.delete(ref.id, missing=_GONE)
    except PlatformFault as trouble:
        if trouble.fault.kind is not FaultKind.NOT_FOUND:
            raise


def kind_of_ref(ref: PublishedRef) -> Kind:
    """What a reference stands for."""
    try:
        return Kind(ref.extra.get(KIND, Kind.POST))
    except ValueError:
        return Kind.POST
