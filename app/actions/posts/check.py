"""Check content for its targets without changing anything: what `schedule`, `update` and `validatePost` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.actions.posts.compose import problems
from app.actions.posts.rights import missing_rights
from app.domain.connections import queries as connection_queries
from app.domain.connections.errors import ConnectionNotUsable
from app.domain.connections.model import Connection
from app.domain.connections.states import ConnectionState
from app.domain.media import queries as media_queries
from app.domain.media.model import CopyState
from app.domain.posts.content import Stored, media_ids, resolve
from app.domain.posts.errors import InvalidContent, TargetProblem
from app.kernel.errors import NotFound
from connectors.catalog import Catalog
from connectors.contract import Connector, Problem, Severity

SCHEDULABLE = (ConnectionState.HEALTHY, ConnectionState.EXPIRING_SOON, ConnectionState.PAUSED)
"""A paused connection takes posts: they wait until it is switched on."""


@dataclass(frozen=True, slots=True)
class Target:
    """One connection, with what is different for it."""

    connection_id: UUID
    override: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    meant_for: str | None = None
    """The platform that the options were given for; None where they name none."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A target with its connection, its resolved content and what is wrong with it."""

    connection: Connection
    content: Stored
    problems: Sequence[TargetProblem]


async def check(session: AsyncSession, catalog: Catalog, shared: Stored, targets: Sequence[Target]) -> list[Checked]:
    """Look at each target. The files cannot be deleted before the transaction ends.

    Raises:
        NotFound: a connection does not exist in this tenant.
        ConnectionNotUsable: a connection has to be reconnected first.
        InvalidContent: there are no targets, or one stands twice.
    """
    wanted = [target.connection_id for target in targets]
    if not wanted or len(set(wanted)) != len(wanted):
        raise InvalidContent([TargetProblem(_targets_problem(wanted))])
    known = {row.id: row for row in await connection_queries.by_ids(session, wanted)}
    resolved = [resolve(shared, target.override, target.options) for target in targets]
    keys = sorted({key for content in resolved for key in media_ids(content)})
    files = {row.id: row for row in await media_queries.by_ids(session, keys, hold=True)} if keys else {}
    copies = await media_queries.copies_of(session, keys) if keys else []
    refused = {(copy.media_id, copy.rules): copy.problem or "" for copy in copies if copy.state is CopyState.FAILED}
    checked = []
    for position, (target, content) in enumerate(zip(targets, resolved, strict=True)):
        path = ("input", "targets", str(position), "connectionId")
        connection = known.get(target.connection_id)
        if connection is None:
            raise NotFound("connection", path=path)
        if connection.state not in SCHEDULABLE:
            raise ConnectionNotUsable(connection, path=path)
        connector = catalog.get(connection.platform)
        misplaced = _misplaced(connector, target)
        looked_at = {**content, "options": {}} if misplaced else content
        found = [*misplaced, *problems(connector, connection, looked_at, files, refused)]
        lacking = missing_rights(connector.capabilities, connection, content, position)
        checked.append(Checked(connection, content, [*lacking, *found]))
    return checked


def refuse_errors(checked: Sequence[Checked]) -> None:
    """Stop where a problem would make a platform refuse the post; warnings pass.

    Raises:
        InvalidContent: with every error of every target.
    """
    errors = [p for one in checked for p in one.problems if p.problem.severity is Severity.ERROR]
    if errors:
        raise InvalidContent(errors)


def _misplaced(connector: Connector, target: Target) -> list[TargetProblem]:
    """Options that were given for another platform: some have the same names and would mean something else."""
    mine = connector.capabilities
    if target.meant_for in (None, mine.key):
        return []
    message = f"The options are those of “{target.meant_for}”, and the target is on {mine.name}."
    fix = f"Give the target the options of “{mine.key}”, or none."
    return [TargetProblem(Problem(("options",), "options.platform", message, fix), mine.key)]


def _targets_problem(wanted: Sequence[UUID]) -> Problem:
    if not wanted:
        return Problem(("targets",), "targets.count", "The post has no target.", "Name at least one connection.")
    return Problem(
        ("targets",), "targets.unique", "A connection stands twice among the targets.", "Name each connection once."
    )
