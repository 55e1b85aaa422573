"""Whether a platform tells POSTD at once what happens on an account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from app.domain.connections.listening import ListeningState
from app.domain.connections.model import Connection as Row
from schema.words import offer

offer(ListeningState, "Whether the platform tells POSTD what happens on the account.")


@strawberry.type(description="Why a platform tells nothing, or not everything, of what happens on an account.")
class ListeningProblem:
    """A problem."""

    code: str = strawberry.field(description="A stable word for programs, e.g. `permission_missing` or `off`.")
    message: str = strawberry.field(description="What is the matter.")
    hint: str = strawberry.field(description="What to do next.")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ListeningProblem:
        """A stored problem."""
        return cls(code=stored["code"], message=stored["message"], hint=stored.get("hint", ""))


@strawberry.type(description="Whether the platform sends webhooks about an account. It is made sure of once a day.")
class Listening:
    """The subscriptions of a connection."""

    state: ListeningState = strawberry.field(description="Whether anything is told, and who has to act.")
    since: datetime | None = strawberry.field(description="Since when it is told; null where it is not.")
    problem: ListeningProblem | None = strawberry.field(
        description="Why nothing, or not everything, is told; null where nothing is wrong."
    )

    @classmethod
    def of(cls, row: Row) -> Listening:
        """What a connection's row says."""
        return cls(
            state=row.listening or ListeningState.PENDING,
            since=row.listening_since,
            problem=ListeningProblem.of(row.listening_problem) if row.listening_problem else None,
        )
