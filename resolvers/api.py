"""The schema, put together: roots, scalars, refusals, and what surrounds each operation."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

from resolvers.operation import Operation
from resolvers.refusals import REFUSALS
from resolvers.roots import Mutation, Query, Subscription
from schema.keys import ApiKey
from schema.media.file import Media
from schema.scalars import SCALARS


class Schema(strawberry.Schema):
    """Our schema logs errors where it masks them, once, under the request's id; not here with the client's text."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Say nothing."""


def build() -> Schema:
    """The schema of the API."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[ApiKey, Media],
        extensions=[Operation],
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=REFUSALS,
    )


SCHEMA = build()
"""Built once a process, at import: a schema that cannot be built must not start."""
