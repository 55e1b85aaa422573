"""The command that proves the invariants of publishing on the rows."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from app.boot import surroundings
from app.cli.tenants import database, tenant_of
from app.flows.upkeep.invariants import INVARIANTS
from app.flows.upkeep.verify import Finding, Report
from app.flows.upkeep.verify import verify as look
from app.kernel.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON object for programs.")]
Only = Annotated[str | None, typer.Option("--tenant", help="Look at this workspace only, by its short name.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(json: Json = False, tenant: Only = None) -> None:
    """Check on the rows that no promise of publishing is broken; exit 1 when one is. Only reads; safe in production."""
    with surroundings.attached() as settings:
        report = surroundings.run(_verify(settings, tenant))
    if json:
        typer.echo(orjson.dumps(_as_json(report), option=orjson.OPT_INDENT_2).decode())
    else:
        for finding in report.findings:
            typer.echo(_line(finding))
        outcome = "all hold" if report.holds else f"{len(report.findings)} findings"
        typer.echo(f"{len(INVARIANTS)} invariants in {report.tenants} workspaces: {outcome}.")
    if not report.holds:
        raise typer.Exit(1)


async def _verify(settings: Settings, slug: str | None) -> Report:
    async with database(settings) as db:
        return await look(db, only=None if slug is None else await tenant_of(db, slug))


def _line(finding: Finding) -> str:
    rule = finding.invariant
    head = f"{rule.number} {rule.name} in workspace {finding.tenant_id}"
    if not finding.finished:
        return f"{head}: not finished in time, nothing is known. {rule.sentence}"
    return f"{head}: broken by {finding.count}. {rule.sentence}\n  {' '.join(map(str, finding.ids))}"


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "holds": report.holds,
        "workspaces": report.tenants,
        "invariants": len(INVARIANTS),
        "findings": [
            {
                "number": one.invariant.number,
                "name": one.invariant.name,
                "sentence": one.invariant.sentence,
                "workspace": str(one.tenant_id),
                "finished": one.finished,
                "count": one.count,
                "ids": [str(key) for key in one.ids],
            }
            for one in report.findings
        ],
    }
