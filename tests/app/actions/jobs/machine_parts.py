"""What the model of the job machine reads, and what its workers believe."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

ROWS = """
SELECT jobs.id, jobs.post_id, jobs.state, step, wake_at, lease_until, fence, attempts, max_attempts, epoch, part, parts,
       jobs.revision, jobs.platform_ref, cancel_requested_at, posts.state AS post_state,
       (SELECT array_agg(attempt_key ORDER BY position) FROM job_parts WHERE job_id = jobs.id) AS keys,
       (SELECT count(*) FROM events WHERE subject_id = jobs.id) AS events,
       (SELECT changes ->> 'state' FROM events WHERE subject_id = jobs.id AND changes ? 'state'
        ORDER BY seq DESC LIMIT 1) AS told,
       (SELECT platform_ref FROM job_parts WHERE job_id = jobs.id AND position = parts - 1) AS last_ref
FROM jobs JOIN posts ON posts.id = jobs.post_id WHERE jobs.tenant_id = $1 ORDER BY jobs.id
"""
LOG = """
SELECT count(*) AS number, coalesce(min(seq), 1) AS first, coalesce(max(seq), 0) AS last,
       (SELECT event_seq FROM tenants WHERE id = $1) AS counter,
       (SELECT bool_and(next_wake_at <= greatest(clock_timestamp(), wake_at))
        FROM jobs JOIN tenant_gates USING (tenant_id) WHERE tenant_id = $1 AND wake_at IS NOT NULL) AS gate_is_low
FROM events WHERE tenant_id = $1
"""


@dataclass
class Worker:
    """What a worker believes: which job it holds, under which fence, and how far it is."""

    job: UUID | None = None
    fence: int = 0
    part: int = 0
    last: bool = True
    key: UUID | None = None
    intended: bool = False
    sent: bool = False
    late: bool = False
    """Its lease has ended; it sends nothing any more, but may still try to write."""


@dataclass
class Ground:
    """What all examples share: one loop."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
