"""What a refused duplicate proves. LinkedIn refuses a text that the account has posted already, and names that post.

A post that was made since ours was composed is ours: an earlier try whose answer was lost. An older one is another
post with the same text, which LinkedIn will not take twice. Where the connection may not read the post, its id tells
when it was made: the milliseconds since 1970 stand above its lowest 22 bits. No page of LinkedIn's says so; an id that
does not give a believable time proves nothing, and a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.contract import Access, Context, Failed, Outcome, Published, PublishedRef, PublishTask
from connectors.faults import Fault, FaultKind
from connectors.linkedin import rest
from connectors.linkedin.accounts import may_read
from connectors.linkedin.faults import refusal

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""How far LinkedIn's clock may be behind ours."""

_URN: Final = re.compile(r"urn:li:(?:share|ugcPost):\d{1,20}", re.ASCII)
_TIME_BITS: Final = 22
_OLDEST: Final = datetime(2010, 1, 1, tzinfo=UTC)


async def settle(
    cx: Context, access: Access, task: PublishTask, trouble: Fault, ref_of: Callable[[str], PublishedRef]
) -> Outcome:
    """The outcome of a publish that was refused as a duplicate. Reads only."""
    named = _URN.search(trouble.words or "")
    if named is None:
        return Failed(trouble)
    made = await _made_at(cx, access, named[0])
    if made is None:
        return Failed(trouble)
    ref = ref_of(named[0])
    if made >= task.composed_at - CLOCK_TOLERANCE:
        return Published(ref)
    return Failed(
        replace(
            trouble,
            kind=FaultKind.INVALID_CONTENT,
            message=f"LinkedIn has this text already, in a post of {made:%Y-%m-%d %H:%M} UTC: {ref.url}",
            hint="Change the text and schedule the post again.",
        )
    )


def moment(milliseconds: Any) -> datetime | None:
    """The moment that LinkedIn states in milliseconds since 1970; None where it states none."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool) or not 0 <= milliseconds < 10**14:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def _made_at(cx: Context, access: Access, urn: str) -> datetime | None:
    if may_read(access):
        answer = await rest.call(cx, access, "GET", f"/rest/posts/{rest.encoded(urn)}")
        if answer.ok:
            return moment(rest.body(cx, answer).get("createdAt"))
        if answer.status not in {403, 404}:
            raise refusal(answer, cx.now())
    made = moment(int(urn.rpartition(":")[2]) >> _TIME_BITS)
    return made if made is not None and _OLDEST < made < cx.now() + timedelta(days=1) else None
