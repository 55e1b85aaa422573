"""Give back what a job has reserved of its platform's allowances and did not use.

Promise: what is proved to have had no effect is given back; what may have had one is kept, also when nobody ever finds
out. Called by `transition` alone, in its transaction, so that no way out of a try can be forgotten.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.jobs.model import Job
from app.domain.jobs.quotas import unused
from app.domain.jobs.states import JobEvent

GOES_ON = (JobEvent.CHECKPOINT, JobEvent.INTEND, JobEvent.PUBLISH_PART, JobEvent.ACCEPT, JobEvent.ASK)
"""The reservation still stands: the try goes on, or nobody knows what was used."""
IN_DOUBT = (JobEvent.LOSE_ANSWER, JobEvent.RESCUE_SENT, JobEvent.OVERDUE)
"""The part under way may be out; those behind it are not."""
USED = (JobEvent.PUBLISH, JobEvent.FIND, JobEvent.CONFIRM, JobEvent.SEND_AGAIN, JobEvent.GIVE_UP)
"""All of it was used, or may have been and nobody looks any more."""

_LINE = """
    UPDATE {table} AS line
    SET spent = jsonb_set(line.spent, ARRAY[back.until],
                          to_jsonb(greatest(0, (line.spent ->> back.until)::int - back.units)))
    FROM jsonb_to_recordset(CAST(:back AS jsonb)) AS back(name text, until text, units int, shared boolean)
    WHERE back.shared = {shared} AND line.name = back.name AND line.spent ? back.until AND {mine}
"""
_OWN = _LINE.format(
    table="allowances", shared="false", mine="line.tenant_id = :tenant AND line.connection_id = :connection"
)
_SHARED = _LINE.format(table="app_allowances", shared="true", mine="line.platform = :platform")
GIVE_BACK = text(
    f"""
    WITH own AS ({_OWN}), shared AS ({_SHARED})
    UPDATE jobs SET reserved = CAST(:left AS jsonb) WHERE tenant_id = :tenant AND id = :job
    """  # noqa: S608 -- put together from constants
)


async def give_back(session: AsyncSession, job: Job, event: JobEvent) -> None:
    """Give back what `event` leaves unused. `job` is as the event has written it and holds a reservation."""
    if event in GOES_ON or job.reserved is None:
        return
    left: dict[str, Any] | None = None
    back: list[dict[str, Any]] = []
    if event in IN_DOUBT:
        back = unused(job.reserved, job.part + 1)
        left = {
            "part": job.part,
            "uses": [
                {**use, "each": use["each"][job.part - job.reserved["part"] :][:1]} for use in job.reserved["uses"]
            ],
        }
    elif event not in USED:
        back = unused(job.reserved, job.part)
    await session.execute(
        GIVE_BACK,
        {
            "back": orjson.dumps(back).decode(),
            "left": None if left is None else orjson.dumps(left).decode(),
            "tenant": job.tenant_id,
            "connection": job.connection_id,
            "platform": job.platform,
            "job": job.id,
        },
    )
    set_committed_value(job, "reserved", left)
