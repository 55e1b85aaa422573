"""Which rights a post needs that the account has not granted: told when it is scheduled, not when it fails.

What was granted is known where the platform said it; where it did not (and for passwords, which have no rights to
choose from) nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.connections.model import Connection
from app.domain.posts.content import Stored, media_ids
from app.domain.posts.errors import TargetProblem
from connectors.capabilities import Capabilities, ConnectBy
from connectors.contract import Problem, Severity
from connectors.scopes import Scope, ScopeUse

RULE = "connection.scope"
SEVERITY = {
    ScopeUse.PUBLISH: Severity.ERROR,
    ScopeUse.MEDIA: Severity.ERROR,
    ScopeUse.PARTS: Severity.ERROR,
    ScopeUse.UNSTATED: Severity.WARNING,
}
"""Rights for figures alone are no reason to say anything about a post."""


def missing_rights(
    declared: Capabilities, connection: Connection, content: Stored, position: int
) -> Sequence[TargetProblem]:
    """A problem for each right that this post needs on this account; `position` is the target's."""
    if not connection.granted_scopes:
        return ()
    return [
        TargetProblem(_problem(scope, connection, position), declared.key)
        for scope in declared.scopes_by(ConnectBy(connection.method))
        if _needs(content, scope)
        and scope.concerns(connection.kind)
        and not scope.granted_by(connection.granted_scopes)
    ]


def _needs(content: Stored, scope: Scope) -> bool:
    match scope.use:
        case ScopeUse.MEDIA:
            return bool(media_ids(content))
        case ScopeUse.PARTS:
            return len(content["parts"]) > 1
        case use:
            return use in SEVERITY


def _problem(scope: Scope, connection: Connection, position: int) -> Problem:
    return Problem(
        path=("targets", str(position), "connectionId"),
        rule=RULE,
        message=f"The account {connection.handle} has not granted the right {scope.name}. {scope.purpose}",
        fix=f"Reconnect the account with reconnectConnection and allow {scope.name}.",
        measured=" ".join(connection.granted_scopes),
        limit=scope.name,
        severity=SEVERITY[scope.use],
    )
