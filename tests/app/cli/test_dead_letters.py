"""`postd dlq` and `postd jobs explain`: run in this process, because each takes many; their errors as a command's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from app.cli.durations import rate, since
from app.cli.main import app
from app.kernel import ids, logs
from app.kernel.errors import DomainError
from schema.node import encode

CONTENT = '{"parts": [{"text": "Hello", "media": [], "link": null}], "languages": [], "options": {}}'
FAULT = '{"kind": "policy", "message": "It is against the rules.", "hint": "Read them.", "code": "E7", "status": 400}'


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Awaitable[Done]]


@dataclass
class Letters:
    """A workspace with dead letters."""

    slug: str
    jobs: list[UUID]
    database: asyncpg.Connection

    async def states(self) -> list[tuple[str, bool]]:
        rows = await self.database.fetch(
            "SELECT state, discarded_at IS NOT NULL AS off FROM jobs WHERE id = ANY($1) ORDER BY id", self.jobs
        )
        return [(row["state"], row["off"]) for row in rows]


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as `postd` does; a refusal goes to its errors, as `main` writes it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda *_, **__: None)

    async def invoke(*arguments: str) -> Done:
        result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
        if result.exception is None or isinstance(result.exception, SystemExit):
            return Done(result.exit_code, result.stdout, result.stderr)
        if not isinstance(result.exception, DomainError):
            raise result.exception
        return Done(1, result.stdout, f"{result.exception.message} {result.exception.hint}")

    return invoke


@pytest.fixture
async def letters(migrated: str) -> AsyncIterator[Letters]:
    slug = f"w{uuid4().hex[:8]}"
    database = await asyncpg.connect(migrated)
    tenant = await _insert(database, "INSERT INTO tenants (id, slug, name) VALUES ($1, $2, $2)", slug)
    await database.execute("INSERT INTO tenant_gates (tenant_id, next_wake_at) VALUES ($1, now())", tenant)
    connection = await _insert(
        database,
        "INSERT INTO connections (id, tenant_id, platform, external_id, kind, handle, name, server, state, method, "
        "next_check_at) VALUES ($1, $2, 'bluesky', 'did:plc:x', 'profile', '@me', 'Me', 'https://s.example', "
        "'healthy', 'app_password', now())",
        tenant,
    )
    jobs = []
    for number in range(2):
        post = await _insert(
            database,
            "INSERT INTO posts (id, tenant_id, content, state, due_at, publish_by, late_policy, created_by) "
            "VALUES ($1, $2, $3, 'failed', now(), now() + interval '1 hour', 'fail', 'cli')",
            tenant,
            CONTENT,
        )
        jobs.append(
            await _insert(
                database,
                "INSERT INTO jobs (id, tenant_id, post_id, connection_id, platform, content, state, parts, due_at, "
                "ready_at, publish_by, max_attempts, fault, failed_at) VALUES ($1, $2, $3, $4, 'bluesky', $5, "
                "'failed', 1, now(), now(), now() + interval '1 hour', 3, $6, now() - $7 * interval '1 day')",
                tenant,
                post,
                connection,
                CONTENT,
                FAULT if number else FAULT.replace("policy", "not_found"),
                number,
            )
        )
    yield Letters(slug, jobs, database)
    await database.close()


async def _insert(database: asyncpg.Connection, statement: str, *values: object) -> UUID:
    row_id = ids.new()
    await database.execute(statement, row_id, *values)
    return row_id


async def test_they_are_listed_shown_replayed_and_discarded(run: Run, letters: Letters) -> None:
    first, second = map(str, letters.jobs)
    mine = ("--tenant", letters.slug)
    listed = (await run("dlq", "list", *mine)).stdout.splitlines()
    assert {line.split()[0] for line in listed} == {first, second}
    assert any(line.startswith(f"{second}  bluesky  ") and line.endswith("It is against the rules.") for line in listed)
    told = json.loads((await run("dlq", "list", *mine, "--fault", "policy", "--json")).stdout)
    assert [(one["id"], one["fault"]["code"]) for one in told] == [(second, "E7")]
    assert (await run("dlq", "list", *mine, "--since", "12h")).stdout.split()[0] == first

    shown = await run("dlq", "show", *mine, first, "--zone", "Asia/Tokyo")
    assert shown.returncode == 0, shown.stderr
    assert "An operator, on the command line, scheduled it for @me on Bluesky" in shown.stdout
    assert "Asia/Tokyo" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "You can: Take it off the list of dead letters with discardJobs."

    dry = await run("dlq", "replay", *mine, "--rate", "30/m", "--dry-run", "--json")
    looked = json.loads(dry.stdout)
    assert (looked["dryRun"], [one["id"] for one in looked["changed"]], looked["refused"]) == (
        True,
        [first, second],
        [],
    )
    moments = [datetime.fromisoformat(one["at"]) for one in looked["changed"]]
    assert moments[1] - moments[0] == timedelta(seconds=2)
    assert await letters.states() == [("failed", False)] * 2

    assert (await run("dlq", "discard", *mine, "--fault", "not_found", "--reason", "Seen.")).returncode == 0
    assert await letters.states() == [("failed", True), ("failed", False)]
    assert (await run("dlq", "list", *mine, "--discarded")).stdout.split()[0] == first

    done = await run("dlq", "replay", *mine)
    assert (done.stdout.split()[:2], done.stderr.splitlines()[-1]) == ([second, "changed"], "1 changed, 0 left.")
    named = await run("dlq", "replay", *mine, str(encode("Job", letters.jobs[0])), str(letters.jobs[1]))
    assert f"{first}  changed" in named.stdout
    assert f"{second}  left: not_failed  A job that is scheduled is not retried." in named.stdout
    assert await letters.states() == [("scheduled", False)] * 2


async def test_the_life_of_a_job_is_told_by_the_workspaces_clock(run: Run, letters: Letters) -> None:
    mine, job = ("--tenant", letters.slug), str(letters.jobs[0])
    assert (await run("tenant", "zone", letters.slug, "Europe/Berlin")).stdout == f"{letters.slug}  Europe/Berlin\n"
    told = json.loads((await run("jobs", "explain", *mine, job, "--json")).stdout)
    assert (told["id"], told["zone"], told["nextAt"]) == (job, "Europe/Berlin", None)
    assert told["now"] == "It has failed and is not out."
    refused = await run("tenant", "zone", letters.slug, "Mars/Olympus")
    assert (refused.returncode, "There is no time zone" in refused.stderr) == (1, True)


async def test_another_workspaces_job_is_not_found(run: Run, letters: Letters) -> None:
    other = f"w{uuid4().hex[:8]}"
    await run("tenant", "create", other)
    for command in (("jobs", "explain"), ("dlq", "show"), ("dlq", "replay"), ("dlq", "discard")):
        done = await run(*command, "--tenant", other, str(letters.jobs[0]))
        assert (done.returncode, "does not exist" in done.stderr) == (1, True), command
    assert await letters.states() == [("failed", False)] * 2
    wrong = await run("jobs", "explain", "--tenant", other, "nonsense")
    assert (wrong.returncode, "does not exist" in wrong.stderr) == (1, True)


NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("5m", NOW - timedelta(minutes=5)),
        ("2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("2026-06-30T10:00:00+02:00", datetime(2026, 6, 30, 8, tzinfo=UTC)),
        ("2026-06-30", datetime(2026, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_while_ago_or_an_instant(text: str, moment: datetime) -> None:
    assert since(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "2", "2w", "-2h", "yesterday"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        since(text, NOW)


@pytest.mark.parametrize(("text", "a_second"), [("5/s", 5.0), ("0.5/s", 0.5), ("30/m", 0.5), ("3600/h", 1.0)])
def test_a_rate(text: str, a_second: float) -> None:
    assert rate(text) == a_second


@pytest.mark.parametrize("text", ["", "5", "0/s", "5/d", "-1/s", "s/5"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        rate(text)
