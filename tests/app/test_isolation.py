"""Row-level security: the catalogue says it of every table, and two tenants prove it through every query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.connections.tokens import load
from app.actions.keys.create import CreateKey, create
from app.actions.rules.decide import Decide, decide
from app.domain.connections import pages as connection_pages
from app.domain.connections import queries as connections
from app.domain.connections import timeline as connection_timeline
from app.domain.jobs import pages as job_pages
from app.domain.jobs import queries as jobs
from app.domain.jobs.filter import JobFilter
from app.domain.jobs.model import Job
from app.domain.jobs.proof import traces_of
from app.domain.jobs.selection import Selection, choose
from app.domain.keys.model import Scope
from app.domain.media import queries as media
from app.domain.posts import pages as post_pages
from app.domain.posts import queries as posts
from app.domain.punctuality import queries as punctuality
from app.domain.punctuality.model import Punctuality
from app.domain.rules import queries as rules
from app.domain.rules.quiet import QuietHours, Window
from app.domain.tables import metadata
from app.kernel.errors import NotFound
from app.services import events
from app.services.db import tenant_of
from app.services.paging import PageRequest
from tests.fixtures.world import World, now

OF_THE_INSTALLATION = {
    "processes",
    "alembic_version",
    "webhook_deliveries",
    "breakers",
    "app_allowances",
    "part_states",
} | {
    # A person may be a member of several workspaces, and signs in before one is known.
    "people",
    "password_resets",
    "mails",
}
UNIQUE_ANYWAY = {
    # Looked up before the tenant is known; each value is random and tells nothing.
    "uq_api_keys_public_id",
    "uq_oauth_flows_ticket_hash",
    "uq_oauth_flows_state_hash",
    # Rows of the installation: a delivery comes before anybody knows whom it concerns. The code is random.
    "uq_webhook_deliveries_receiver_delivery_key",
    "uq_webhook_deliveries_confirmation_code",
    "uq_sessions_access_id",
    "uq_sessions_refresh_id",
    # Rows of the installation, which the tenants' role can neither read nor write.
    "uq_people_address_key",
    # Named by operators on the command line only.
    "uq_tenants_slug",
}
REFERS_OUTSIDE = {
    # To people, who belong to no tenant: nobody but the system role writes these columns.
    "fk_memberships_person_id_people",
    "fk_password_resets_person_id_people",
}
SYSTEM_GRANTS = {
    ("alembic_version", "SELECT"): {"*"},
    ("api_keys", "SELECT"): {"*"},
    ("api_keys", "UPDATE"): {"last_used_at"},
    ("audit_log", "DELETE"): {"*"},
    ("audit_log", "INSERT"): {"*"},
    ("audit_log", "SELECT"): {"id", "at", "address"},
    ("audit_log", "UPDATE"): {"address"},
    ("breakers", "INSERT"): {"*"},
    ("breakers", "SELECT"): {"*"},
    ("breakers", "UPDATE"): {"*"},
    ("collection_runs", "DELETE"): {"*"},
    ("collection_runs", "SELECT"): {"started_at"},
    ("connection_checks", "DELETE"): {"*"},
    ("connection_checks", "SELECT"): {"at", "tenant_id", "what", "ok"},
    ("connections", "SELECT"): {
        "id",
        "tenant_id",
        "platform",
        "external_id",
        "owner_id",
        "state",
        "next_check_at",
        "listening_to",
        "method",
        "token_expires_at",
    },
    ("connections", "UPDATE"): {"next_check_at"},
    ("events", "DELETE"): {"*"},
    ("events", "SELECT"): {"tenant_id", "seq", "at"},
    ("figure_collections", "INSERT"): {
        "tenant_id",
        "connection_id",
        "platform",
        "next_collect_at",
        "account_due_at",
    },
    ("figure_collections", "SELECT"): {
        "tenant_id",
        "connection_id",
        "platform",
        "next_collect_at",
        "account_due_at",
        "enrolled_until",
    },
    ("figure_collections", "UPDATE"): {"next_collect_at"},
    ("figure_snapshots", "DELETE"): {"*"},
    ("figure_snapshots", "SELECT"): {"at"},
    ("idempotency_keys", "DELETE"): {"*"},
    ("idempotency_keys", "SELECT"): {"tenant_id", "created_at"},
    ("invitations", "DELETE"): {"*"},
    ("invitations", "SELECT"): {"*"},
    ("invitations", "UPDATE"): {"accepted_at"},
    ("job_attempts", "DELETE"): {"*"},
    ("job_attempts", "SELECT"): {
        "id",
        "tenant_id",
        "job_id",
        "work",
        "started_at",
        "ended_at",
        "outcome",
        "fault_kind",
    },
    ("jobs", "SELECT"): {
        "id",
        "tenant_id",
        "platform",
        "state",
        "due_at",
        "ready_at",
        "wake_at",
        "publish_by",
        "park_reason",
        "lease_until",
        "published_at",
        "connection_id",
        "owed_at",
        "overdue_at",
        "processing_since",
        "unknown_since",
        "discarded_at",
    },
    ("jobs", "UPDATE"): {"wake_at"},
    ("mails", "DELETE"): {"*"},
    ("mails", "INSERT"): {"*"},
    ("mails", "SELECT"): {"*"},
    ("mails", "UPDATE"): {"*"},
    ("media", "SELECT"): {"id", "tenant_id", "state", "upload_hash", "upload_expires_at", "created_at", "fit_at"},
    ("media", "UPDATE"): {"fit_at"},
    ("media_discards", "SELECT"): {"tenant_id", "object_key", "after"},
    ("oauth_flows", "DELETE"): {"*"},
    ("oauth_flows", "SELECT"): {"id", "tenant_id", "ticket_hash", "state_hash", "state", "kek_id", "expires_at"},
    ("memberships", "INSERT"): {"*"},
    ("memberships", "SELECT"): {"*"},
    ("memberships", "UPDATE"): {"role"},
    ("password_resets", "DELETE"): {"*"},
    ("password_resets", "INSERT"): {"*"},
    ("password_resets", "SELECT"): {"*"},
    ("password_resets", "UPDATE"): {"*"},
    ("people", "DELETE"): {"*"},
    ("people", "INSERT"): {"*"},
    ("people", "SELECT"): {"*"},
    ("people", "UPDATE"): {"*"},
    ("part_states", "INSERT"): {"*"},
    ("part_states", "SELECT"): {"*"},
    ("part_states", "UPDATE"): {"state", "since"},
    ("platform_apps", "SELECT"): {"id", "tenant_id", "kek_id"},
    ("post_media", "SELECT"): {"tenant_id", "media_id"},
    ("processes", "DELETE"): {"*"},
    ("processes", "INSERT"): {"*"},
    ("processes", "SELECT"): {"*"},
    ("processes", "UPDATE"): {"seen_at"},
    ("punctuality", "DELETE"): {"*"},
    ("punctuality", "INSERT"): {"*"},
    ("punctuality", "SELECT"): {"*"},
    ("punctuality", "UPDATE"): {"good", "late"},
    ("sealed_tokens", "SELECT"): {"id", "tenant_id", "connection_id", "field", "kek_id"},
    ("sessions", "DELETE"): {"*"},
    ("sessions", "INSERT"): {"*"},
    ("sessions", "SELECT"): {"*"},
    ("sessions", "UPDATE"): {
        "tenant_id",
        "access_id",
        "access_hash",
        "access_expires_at",
        "refresh_hash",
        "previous_refresh_hash",
        "refreshed_at",
        "last_used_at",
        "revoked_at",
    },
    ("tenant_gates", "INSERT"): {"*"},
    ("tenant_gates", "SELECT"): {"*"},
    ("tenant_gates", "UPDATE"): {"next_wake_at"},
    ("tenants", "INSERT"): {"id", "slug", "name"},
    ("tenants", "SELECT"): {"id", "slug", "name", "created_at", "event_seq", "zone"},
    ("webhook_deliveries", "DELETE"): {"*"},
    ("webhook_deliveries", "INSERT"): {"*"},
    ("webhook_deliveries", "SELECT"): {"*"},
    ("webhook_deliveries", "UPDATE"): {"*"},
    ("webhook_shares", "DELETE"): {"*"},
    ("webhook_shares", "SELECT"): {"tenant_id", "delivery_id", "platform", "state", "received_at"},
    ("webhook_shares", "UPDATE"): {"state"},
}


@pytest.fixture
async def catalogue(owner: asyncpg.Pool) -> Callable[..., Awaitable[list[tuple[Any, ...]]]]:
    async def ask(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await owner.fetch(query)]

    return ask


async def test_every_table_of_tenants_is_fenced(catalogue: Any) -> None:
    rows = await catalogue(
        "SELECT relname, relrowsecurity, relforcerowsecurity, "
        "(SELECT array_agg(polname::text ORDER BY polname) FROM pg_policy WHERE polrelid = pg_class.oid) "
        "FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    assert {row[0] for row in rows} == {*metadata().tables, "alembic_version"}
    for name, enabled, forced, policies in rows:
        if name in OF_THE_INSTALLATION:
            assert not enabled
        else:
            assert (name, enabled, forced) == (name, True, True)
            assert policies in (["tenant"], ["system", "tenant"])


async def test_the_tenants_policy_is_the_same_everywhere(catalogue: Any) -> None:
    rows = await catalogue(
        "SELECT tablename, roles::text[], cmd, qual, with_check FROM pg_policies WHERE policyname = 'tenant'"
    )
    for table, roles, command, using, checking in rows:
        column = "id" if table == "tenants" else "tenant_id"
        rule = f"({column} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
        assert (table, roles, command, using, checking) == (table, ["postd_app"], "ALL", rule, rule)


async def test_uniques_and_foreign_keys_begin_with_the_tenant(catalogue: Any) -> None:
    rows = await catalogue(
        "SELECT index.relname, attname FROM pg_index JOIN pg_class index ON index.oid = indexrelid "
        "JOIN pg_class tab ON tab.oid = indrelid "
        "JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] "
        "WHERE indisunique AND NOT indisprimary AND tab.relnamespace = 'public'::regnamespace"
    )
    assert {name for name, first in rows if first != "tenant_id"} == UNIQUE_ANYWAY
    rows = await catalogue(
        "SELECT conname, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] "
        "WHERE contype = 'f'"
    )
    assert {name for name, first in rows if first != "tenant_id"} == REFERS_OUTSIDE


async def test_no_function_or_view_goes_past_the_fence(catalogue: Any) -> None:
    assert await catalogue("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []
    assert await catalogue("SELECT viewname FROM pg_views WHERE schemaname = 'public'") == []


async def test_neither_role_can_do_more_than_it_is_for(catalogue: Any) -> None:
    rows = await catalogue(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles "
        "WHERE rolname IN ('postd_app', 'postd_system') ORDER BY rolname"
    )
    assert rows == [(name, False, False, False, False, False) for name in ("postd_app", "postd_system")]


async def test_the_system_role_has_just_these_rights(catalogue: Any) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for table, right in await catalogue(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'postd_system'"
    ):
        found[table, right] = {"*"}
    for table, column, right in await catalogue(
        "SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges "
        "WHERE grantee = 'postd_system'"
    ):
        if found.get((table, right)) != {"*"}:
            found.setdefault((table, right), set()).add(column)
    assert found == SYSTEM_GRANTS


@pytest.mark.parametrize(
    "table", ["webhook_deliveries", "breakers", "part_states", "people", "password_resets", "mails"]
)
async def test_the_tenants_role_has_no_right_on_rows_of_the_installation(world: World, table: str) -> None:
    for statement in ("SELECT", "DELETE"):
        async with world.db.read(world.tenant) as session:
            what = "count(*) FROM" if statement == "SELECT" else "FROM"
            with pytest.raises(DBAPIError, match="permission denied"):
                await session.execute(text(f"{statement} {what} {table}"))


async def test_without_a_tenant_nothing_is_seen(world: World) -> None:
    await world.post(await world.connection())
    async with world.db._app() as session:
        for table in sorted(set(metadata().tables) - OF_THE_INSTALLATION):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_the_tenant_does_not_leak_through_the_pool(world: World) -> None:
    for _ in range(20):
        async with world.db.read(world.tenant) as session:
            assert await session.scalar(text("SELECT count(*) FROM tenants")) == 1
        async with world.db._app() as session:
            assert await session.scalar(text("SELECT count(*) FROM tenants")) == 0


async def test_a_row_of_another_tenant_is_not_written(world: World, stranger: World) -> None:
    statement = text("INSERT INTO events VALUES (:t, 1, now(), 'x', 'x', :t, 'x', '{}')")
    async with world.db.read(world.tenant) as session:
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(statement, {"t": stranger.tenant})


async def test_a_row_does_not_move_to_another_tenant(world: World, stranger: World) -> None:
    connection = await world.connection()
    statement = text("UPDATE connections SET tenant_id = :t WHERE id = :id")
    async with world.db.read(world.tenant) as session:
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(statement, {"t": stranger.tenant, "id": connection.id})


async def test_another_tenants_rows_are_neither_changed_nor_deleted(world: World, stranger: World) -> None:
    job = await stranger.job()
    async with world.db.transaction(world.tenant) as session:
        for statement in ("UPDATE jobs SET part = part", "DELETE FROM jobs", "DELETE FROM posts"):
            result: Any = await session.execute(text(statement))
            assert result.rowcount == 0
    assert (await stranger.row(job.id)).revision == 1


async def test_a_job_cannot_refer_to_another_tenants_connection(world: World, stranger: World) -> None:
    job, theirs = await world.job(), await stranger.connection()
    statement = text("UPDATE jobs SET connection_id = :c WHERE id = :id")
    async with world.db.read(world.tenant) as session:
        with pytest.raises(DBAPIError, match="fk_jobs_"):
            await session.execute(statement, {"c": theirs.id, "id": job.id})


Query = Callable[[AsyncSession, Job], Awaitable[Any]]
QUERIES: dict[str, Query] = {
    "posts.post": lambda s, job: posts.post(s, job.post_id),
    "posts.by_ids": lambda s, job: posts.by_ids(s, [job.post_id]),
    "posts.count": lambda s, _: posts.count(s, posts.PostFilter()),
    "posts.count by target": lambda s, job: posts.count(s, posts.PostFilter(connections=(job.connection_id,))),
    "posts.count by platform": lambda s, _: posts.count(s, posts.PostFilter(platforms=("scripted",))),
    "posts.page by platform": lambda s, _: _rows(
        post_pages.posts_page(
            s, posts.PostFilter(platforms=("scripted", "x")), post_pages.PostOrder.CREATED_LAST, PageRequest()
        )
    ),
    "posts.page": lambda s, _: _rows(
        post_pages.posts_page(s, posts.PostFilter(), post_pages.PostOrder.DUE_FIRST, PageRequest())
    ),
    "jobs.job": lambda s, job: jobs.job(s, job.id),
    "jobs.by_ids": lambda s, job: jobs.by_ids(s, [job.id]),
    "jobs.of_posts": lambda s, job: jobs.of_posts(s, [job.post_id]),
    "jobs.parts_of": lambda s, job: jobs.parts_of(s, [job.id]),
    "jobs.attempts_of": lambda s, job: jobs.attempts_of(s, [job.id]),
    "jobs.traces_of": lambda s, job: traces_of(s, [job.id]),
    "jobs.choose by name": lambda s, job: _chosen(s, Selection(ids=(job.id,))),
    "jobs.choose by filter": lambda s, job: _chosen(s, Selection(JobFilter(posts=(job.post_id,)))),
    "events.of_subject": lambda s, job: events.of_subject(s, job.id, 10),
    "jobs.count": lambda s, _: jobs.count(s, JobFilter()),
    "jobs.page": lambda s, _: _rows(job_pages.jobs_page(s, JobFilter(), job_pages.JobOrder.DUE_FIRST, PageRequest())),
    "connections.connection": lambda s, job: connections.connection(s, job.connection_id),
    "connections.by_ids": lambda s, job: connections.by_ids(s, [job.connection_id]),
    "connections.count": lambda s, _: connections.count(s, connections.ConnectionFilter()),
    "connections.page": lambda s, _: _rows(
        connection_pages.connections_page(s, connections.ConnectionFilter(), PageRequest())
    ),
    "connections.timeline": lambda s, job: _rows(
        connection_timeline.timeline(s, connection_timeline.TimelineRequest(job.connection_id, PageRequest()))
    ),
    "connections.timeline_length": lambda s, job: connection_timeline.length(s, job.connection_id),
    "events.read_after": lambda s, _: events.read_after(s, 0, 10),
    "events.latest": lambda s, _: events.latest(s),
    "rules.rules": lambda s, _: _decided(s),
    "rules.quiet_hours": lambda s, job: rules.quiet_hours(s, [job.connection_id]),
    "punctuality.figures": lambda s, _: _counted(s),
    "media.by_ids": lambda s, job: media.by_ids(s, [job.post_id]),
}


async def _chosen(session: AsyncSession, selection: Selection) -> list[Any]:
    return list((await choose(session, selection, 10, lock=True)).jobs)


async def _rows(page: Awaitable[Any]) -> list[Any]:
    return list((await page).rows)


async def _decided(session: AsyncSession) -> object:
    found = await rules.rules(session)
    return found if found != rules.Rules() else None


async def _counted(session: AsyncSession) -> int:
    [found] = await punctuality.figures(session, tenant_of(session), timedelta(days=1))
    return found.good + found.late


QUIET = QuietHours("UTC", (Window(time(22), time(7)),))


@pytest.mark.parametrize("name", list(QUERIES))
async def test_a_query_shows_nothing_of_another_tenant(world: World, stranger: World, name: str) -> None:
    job = await stranger.job()
    await stranger.claimed(job.id)
    async with stranger.db.transaction(stranger.tenant) as session:
        await decide(session, Decide(rules.Rules(quiet=QUIET)))
    async with stranger.db.system() as session:
        await session.execute(insert(Punctuality).values(tenant_id=stranger.tenant, at=now(), good=1, late=0))
    async with stranger.db.read(stranger.tenant) as session:
        if name != "media.by_ids":
            assert await QUERIES[name](session, job)
    async with world.db.read(world.tenant) as session:
        try:
            found = await QUERIES[name](session, job)
        except NotFound:
            found = None
    assert not found


async def test_tokens_and_keys_of_another_tenant_are_not_read(world: World, stranger: World) -> None:
    connection = await stranger.connection()
    async with stranger.db.transaction(stranger.tenant) as session:
        await create(session, CreateKey("k", [Scope.READ], now(), "tests"))
    async with world.db.read(world.tenant) as session:
        assert await load(session, world.rt.vault, connection) is None
        assert await session.scalar(text("SELECT count(*) FROM api_keys")) == 0
