"""What must hold of the rows at every moment, as SQL: for `postd verify`, for chaos tests, for anyone who doubts.

Each statement gives the ids that break one invariant within one tenant (`:tenant`), and nothing where it holds. The
statements only read, and each begins at the tenant, so that an index bounds it. They must agree within one snapshot;
between two a worker may have moved a row.

They do not repeat what the code does but what it promises: a database that was restored, edited by hand or written
by a faulty release is found out too, and so is one whose constraints were dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.actions.jobs.transition import PAST
from app.domain.jobs.states import MACHINE


@dataclass(frozen=True, slots=True)
class Invariant:
    """One sentence about a tenant's rows, with the statement that finds what breaks it."""

    number: int
    name: str
    sentence: str
    broken: str
    """SQL: one column `id` of what breaks it; `:tenant` is the tenant."""


LEGAL = sorted(
    {str((str(old), PAST[one.event], str(one.target))) for one in MACHINE.transitions for old in one.sources}
)
"""State before, event, state after: every line of the state table, as SQL writes it."""

PROJECTED = """
    CASE WHEN bool_and(state = 'cancelled') THEN 'cancelled'
         WHEN bool_or(state IN ('needs_review', 'parked')) THEN 'needs_attention'
         WHEN bool_or(state IN ('publishing', 'processing', 'unknown', 'retrying')) THEN 'publishing'
         WHEN bool_and(state IN ('published', 'cancelled')) THEN 'published'
         WHEN bool_or(state = 'scheduled') AND bool_or(state = 'published') THEN 'publishing'
         WHEN bool_or(state = 'scheduled') THEN 'scheduled'
         WHEN bool_or(state = 'published') THEN 'partly_published'
         ELSE 'failed' END
"""
"""The state of a post that follows from its jobs' states, as `project` gives it."""

CHANGES = ", ".join(f"'{name}'" for name in sorted(set(PAST.values())))
"""The names of the events that change a job's state."""

TOLD = """
    SELECT subject_id, seq, type, changes ->> 'state' AS state FROM events
    WHERE tenant_id = :tenant AND subject_kind = 'job' AND changes ? 'state'
"""

RULES: tuple[tuple[str, str, str], ...] = (
    (
        "fence_is_newest",
        "No try at a job has a higher fence than the job: a fence never goes back.",
        """
        SELECT jobs.id FROM jobs WHERE tenant_id = :tenant AND fence < (
            SELECT max(job_attempts.fence) FROM job_attempts
            WHERE job_attempts.tenant_id = jobs.tenant_id AND job_attempts.job_id = jobs.id)
        """,
    ),
    (
        "published_has_a_place",
        "A job is published exactly when it has the platform's id, and then so has each of its parts.",
        """
        SELECT jobs.id FROM jobs WHERE tenant_id = :tenant AND (
            (state = 'published') <> (platform_ref IS NOT NULL)
            OR state = 'published' AND EXISTS (
                SELECT FROM job_parts WHERE job_parts.tenant_id = jobs.tenant_id AND job_parts.job_id = jobs.id
                AND job_parts.platform_ref IS NULL))
        """,
    ),
    (
        "place_is_of_one_job",
        "No two jobs of a connection have the same post on the platform.",
        """
        SELECT id FROM (
            SELECT id, count(*) OVER (PARTITION BY connection_id, platform_ref) AS jobs
            FROM jobs WHERE tenant_id = :tenant AND platform_ref IS NOT NULL) AS placed
        WHERE jobs > 1
        """,
    ),
    (
        "lease_is_held_by_work",
        "A lease is held only while a job is worked on, and a job that is publishing always has lease and step.",
        """
        SELECT id FROM jobs WHERE tenant_id = :tenant AND (
            lease_until IS NOT NULL AND state NOT IN ('publishing', 'processing', 'unknown')
            OR state = 'publishing' AND (lease_until IS NULL OR step IS NULL)
            OR step IS NOT NULL AND state NOT IN ('publishing', 'unknown'))
        """,
    ),
    (
        "one_job_runs_at_a_time",
        "No two jobs of a connection are publishing at once.",
        """
        SELECT id FROM (
            SELECT id, count(*) OVER (PARTITION BY connection_id) AS jobs
            FROM jobs WHERE tenant_id = :tenant AND state = 'publishing') AS running
        WHERE jobs > 1
        """,
    ),
    (
        "one_live_job_a_target",
        "A post goes to a connection by one job that is not cancelled or failed.",
        """
        SELECT id FROM (
            SELECT id, count(*) OVER (PARTITION BY post_id, connection_id) AS jobs
            FROM jobs WHERE tenant_id = :tenant AND state NOT IN ('cancelled', 'failed')) AS live
        WHERE jobs > 1
        """,
    ),
    (
        "somebody_looks_next",
        "A job has a next moment exactly when it is neither final nor waiting for a person: nothing is just waiting.",
        """
        SELECT id FROM jobs WHERE tenant_id = :tenant
        AND (wake_at IS NULL) <> (state IN ('published', 'failed', 'cancelled', 'needs_review'))
        """,
    ),
    (
        "gate_is_open_in_time",
        "A tenant's gate opens no later than the first of its jobs wants to be looked at.",
        """
        SELECT tenants.id FROM tenants LEFT JOIN tenant_gates ON tenant_gates.tenant_id = tenants.id
        WHERE tenants.id = :tenant AND EXISTS (
            SELECT FROM jobs WHERE jobs.tenant_id = tenants.id
            AND jobs.wake_at < coalesce(tenant_gates.next_wake_at, 'infinity')
            AND coalesce(tenant_gates.next_wake_at, 'infinity') > clock_timestamp())
        """,
    ),
    (
        "attempts_are_bounded",
        "The attempts of a job are between none and its most; crashes are counted beside them.",
        """
        SELECT id FROM jobs
        WHERE tenant_id = :tenant AND (attempts < 0 OR attempts > max_attempts OR crashes < 0 OR epoch < 0)
        """,
    ),
    (
        "parts_are_whole",
        "A job has each of its parts once; those before the current one are out, those behind it are not.",
        """
        SELECT jobs.id FROM jobs LEFT JOIN job_parts ON (job_parts.tenant_id, job_id) = (jobs.tenant_id, jobs.id)
        WHERE jobs.tenant_id = :tenant GROUP BY jobs.tenant_id, jobs.id HAVING
            count(job_parts.id) <> jobs.parts OR count(DISTINCT job_parts.position) <> jobs.parts
            OR min(job_parts.position) <> 0 OR jobs.part NOT BETWEEN 0 AND jobs.parts - 1
            OR bool_or(job_parts.position < jobs.part AND job_parts.platform_ref IS NULL)
            OR bool_or(job_parts.position > jobs.part AND job_parts.platform_ref IS NOT NULL)
            OR jobs.state NOT IN ('published', 'cancelled')
               AND bool_or(job_parts.position = jobs.part AND job_parts.platform_ref IS NOT NULL)
        """,
    ),
    (
        "key_is_of_one_part",
        "Each part has a key of its own: no two requests look the same to a platform.",
        """
        SELECT job_id AS id FROM (
            SELECT job_id, count(*) OVER (PARTITION BY attempt_key) AS parts
            FROM job_parts WHERE tenant_id = :tenant) AS keyed
        WHERE parts > 1
        """,
    ),
    (
        "nothing_is_out_without_intent",
        "What is on a platform had its intent written before, and not before its planned time.",
        """
        SELECT jobs.id FROM jobs JOIN job_parts ON (job_parts.tenant_id, job_id) = (jobs.tenant_id, jobs.id)
        WHERE jobs.tenant_id = :tenant AND job_parts.platform_ref IS NOT NULL AND (
            job_parts.intended_at IS NULL
            OR jobs.state = 'published' AND job_parts.position = jobs.parts - 1
               AND job_parts.intended_at < jobs.due_at)
        """,
    ),
    (
        "cancelled_is_not_out",
        "Of a job that is cancelled no part is on the platform.",
        """
        SELECT jobs.id FROM jobs JOIN job_parts ON (job_parts.tenant_id, job_id) = (jobs.tenant_id, jobs.id)
        WHERE jobs.tenant_id = :tenant AND jobs.state = 'cancelled' AND job_parts.platform_ref IS NOT NULL
        """,
    ),
    (
        "doubt_has_a_beginning",
        "An unknown outcome says since when and that the intent was written; work on the platform says since when.",
        """
        SELECT id FROM jobs WHERE tenant_id = :tenant AND (
            state = 'unknown' AND (unknown_since IS NULL OR step IS DISTINCT FROM 'sending')
            OR state = 'processing' AND processing_since IS NULL)
        """,
    ),
    (
        "path_is_legal",
        "Each change of a job is one of the state table's: no send after doubt without reconcile or a person.",
        f"""
        SELECT DISTINCT subject_id AS id FROM (
            SELECT subject_id, type, state, lag(state) OVER (PARTITION BY subject_id ORDER BY seq) AS before
            FROM ({TOLD}) AS told) AS steps
        WHERE before IS NOT NULL AND CASE WHEN type IN ({CHANGES})
            THEN (before, type, state) NOT IN (VALUES {", ".join(LEGAL)}) ELSE before <> state END
        """,  # noqa: S608 -- only words of our own are put in
    ),
    (
        "events_tell_the_state",
        "The newest event of a job tells the state that it is in.",
        f"""
        SELECT jobs.id FROM jobs JOIN (
            SELECT DISTINCT ON (subject_id) subject_id, state FROM ({TOLD}) AS told ORDER BY subject_id, seq DESC
        ) AS newest ON newest.subject_id = jobs.id
        WHERE jobs.tenant_id = :tenant AND newest.state <> jobs.state
        """,  # noqa: S608 -- only words of our own are put in
    ),
    (
        "events_have_no_gap",
        "A tenant's events are numbered without a gap up to its counter.",
        """
        SELECT tenants.id FROM tenants, LATERAL (
            SELECT count(*) AS number, min(seq) AS first, max(seq) AS last FROM events WHERE tenant_id = :tenant
        ) AS kept
        WHERE tenants.id = :tenant AND number > 0
        AND (last <> tenants.event_seq OR last - first + 1 <> number)
        """,
    ),
    (
        "post_follows_its_jobs",
        "The state of a post is the one that follows from its jobs.",
        f"""
        SELECT posts.id FROM posts JOIN (
            SELECT post_id, {PROJECTED} AS state FROM jobs WHERE tenant_id = :tenant GROUP BY post_id
        ) AS projected ON projected.post_id = posts.id
        WHERE posts.tenant_id = :tenant AND posts.state <> projected.state
        """,  # noqa: S608 -- only words of our own are put in
    ),
)
"""Name, sentence and statement of each. Numbers follow from the order: new ones come last."""

INVARIANTS = tuple(Invariant(number, *rule) for number, rule in enumerate(RULES, start=1))
"""Every invariant, in the order in which they are reported."""
