"""What surrounds every operation, on HTTP and on sockets alike: limits, caches, loaders, time, masked errors.

Refusals are answered where validation is: an extension that raises earlier would break a socket's stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.graphql import OperationType

from app.domain.keys.errors import KeyRefused
from app.flows.live.course import COURSE
from app.kernel import metrics
from app.services.callers import CALLER, Caller
from resolvers import persisted
from resolvers.context import Context
from resolvers.loaders import refresh
from resolvers.masking import refusal, shown
from resolvers.strangers import admitted
from schema.guard import Size, measure

CACHED = 512
"""Documents whose parse and validation are remembered."""
MAX_ERRORS = 5
"""Validation errors that are shown: more help nobody, and cost."""
NOTHING = parse("{ __typename }")
"""What stands in for a document that is refused before it is parsed."""


@lru_cache(maxsize=CACHED)
def parsed(query: str, max_tokens: int) -> DocumentNode:
    """A document, parsed once. What cannot be parsed is not remembered."""
    return parse(query, max_tokens=max_tokens)


@lru_cache(maxsize=CACHED)
def validated(schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
    """The first errors of a document."""
    return tuple(validate_document(schema, document, tuple(specified_rules))[:MAX_ERRORS])


class Operation(SchemaExtension):
    """One operation."""

    _refused: GraphQLError | None = None

    @property
    def _context(self) -> Context:
        context: Context = self.execution_context.context
        return context

    def on_operation(self) -> Iterator[None]:
        """Fresh loaders before, masked errors after."""
        context, execution = self._context, self.execution_context
        started = context.rt.clock.boottime()
        refresh(context)
        if context.principal is not None:
            CALLER.set(Caller(context.principal.name, context.address, context.request_id))
        try:
            execution.query = persisted.document(context.rt.settings, execution.query, execution.operation_extensions)
        except persisted.Unlisted as error:
            self._refuse(error.refusal)
        try:
            yield
        except GraphQLError as error:
            raise shown(error, context.request_id) from None
        except Exception as error:
            if type(error).__module__.startswith("strawberry."):
                raise  # the view answers these: no document, no such operation, a wrong method
            raise shown(GraphQLError(str(error), original_error=error), context.request_id) from None
        result = execution.result
        self._mask(result)
        self._count(result, context.rt.clock.boottime() - started)

    def on_parse(self) -> Iterator[None]:
        """Parse, or take the parsed document from the cache."""
        execution, most = self.execution_context, self._context.rt.settings.max_tokens
        execution.parse_options = {"max_tokens": most}
        if execution.graphql_document is None:
            # What cannot be parsed is parsed again by the core, which reports it where its callers expect that.
            with suppress(GraphQLError):
                execution.graphql_document = parsed(execution.query or "", most)
        if execution.graphql_document is None and self._is_strange:
            self._refuse(self._unknown())
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        """Refuse what is too much, then what is wrong."""
        execution = self.execution_context
        document = execution.graphql_document
        if document is not None:
            schema = execution.schema._schema  # noqa: SLF001 -- the core's schema has no public name
            refused = self._refused or self._stranger(schema, document) or await self._too_often()
            refused = refused or self._unnamed(document) or self._too_large(document)
            execution.pre_execution_errors = [refused] if refused else list(validated(schema, document))
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Stop queries and mutations that take too long; their resolvers clean up."""
        kind, settings = self.execution_context.operation_type, self._context.rt.settings
        if kind is OperationType.SUBSCRIPTION:
            yield
            return
        # Some mutations wait for a platform: cut off in between, nobody would know what it did.
        more = settings.timing.request_timeout if kind is OperationType.MUTATION else 0
        async with asyncio.timeout(settings.operation_timeout + more):
            yield

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Mask the errors of one message."""
        self._mask(result)
        yield

    def _refuse(self, error: GraphQLError) -> None:
        self._refused = error
        self.execution_context.graphql_document = NOTHING
        self.execution_context._provided_operation_name = None  # noqa: SLF001 -- the name is not in the stand-in

    @property
    def _is_strange(self) -> bool:
        """Whether nobody knows who calls, and the schema is not for everybody."""
        return self._context.principal is None and not self._context.rt.settings.public_schema

    def _stranger(self, schema: GraphQLSchema, document: DocumentNode) -> GraphQLError | None:
        name = self.execution_context._provided_operation_name  # noqa: SLF001 -- what was sent
        return self._unknown() if self._is_strange and not admitted(schema, document, name) else None

    def _unknown(self) -> GraphQLError:
        error, response = KeyRefused(), self._context.response
        if response is not None:
            response.status_code = 401
            response.headers["WWW-Authenticate"] = "Bearer"
        return refusal(error.message, error.code, error.hint)

    async def _too_often(self) -> GraphQLError | None:
        context, settings = self._context, self._context.rt.settings
        if context.principal is None or _goes_on():
            return None
        key = f"key:{context.principal.credential_id}"
        wait = (await context.rt.limiter.take(key, settings.key_rate, settings.key_burst)).total_seconds()
        if not wait:
            return None
        if context.response is not None:
            context.response.status_code = 429
            context.response.headers["Retry-After"] = str(max(1, round(wait + 0.5)))
        return refusal("Too many requests.", "RATE_LIMITED", f"Wait {wait:.3f} seconds.", retryAfter=wait)

    def _unnamed(self, document: DocumentNode) -> GraphQLError | None:
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        if len(operations) < 2 or self.execution_context._provided_operation_name is not None:  # noqa: SLF001 -- what was sent
            return None
        message = "The document has several operations, and none was chosen."
        return refusal(message, "GRAPHQL_VALIDATION_FAILED", "Give `operationName`.")

    def _too_large(self, document: DocumentNode) -> GraphQLError | None:
        settings = self._context.rt.settings
        size = measure(self.execution_context.schema._schema, document, self.execution_context.variables)  # noqa: SLF001 -- Strawberry gives no other way to the core schema
        most = Size(settings.max_depth, settings.max_aliases, settings.max_fields, settings.max_cost)
        for what in ("depth", "aliases", "fields", "cost"):
            got, cap = getattr(size, what), getattr(most, what)
            if got > cap:
                message = f"The operation is too large: {what} {got} is more than {cap}."
                return refusal(message, "OPERATION_TOO_LARGE", "Ask for less at once, in several operations.")
        return None

    def _mask(self, result: Any) -> None:
        if getattr(result, "errors", None):
            result.errors = [shown(error, self._context.request_id) for error in result.errors]

    def _count(self, result: Any, seconds: float) -> None:
        if _goes_on():
            return
        try:
            kind = self.execution_context.operation_type.name.lower()
        except (RuntimeError, LookupError):
            kind = "none"
        outcome = "error" if getattr(result, "errors", None) else "ok"
        metrics.OPERATIONS.labels(kind, outcome).inc()
        if kind != "subscription":
            metrics.OPERATION_SECONDS.labels(kind, outcome).observe(seconds)


def _goes_on() -> bool:
    """Whether this is a subscription that was let in and counted before, and only goes on."""
    course = COURSE.get()
    return course is not None and course.goes_on
