"""A root field: its resolver, the scope that it needs, and its description. The one place that checks scopes.

Only root fields are wrapped: everything below one is reached through it, in the caller's tenant.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any

import strawberry

from app.domain.keys.errors import ScopeMissing
from app.domain.keys.model import Scope
from resolvers.context import Context


def allow(context: Context, scope: Scope) -> None:
    """Let the caller pass, or refuse.

    Raises:
        KeyRefused: nobody whom we know.
        ScopeMissing: the key lacks the scope.
    """
    if scope not in context.caller.scopes:
        raise ScopeMissing(scope)


def root(resolve: Callable[..., Any], scope: Scope, description: str) -> Any:
    """A field of Query or Mutation."""

    @wraps(resolve)
    async def answer(*args: Any, **kwargs: Any) -> Any:
        allow(kwargs["info"].context, scope)
        return await resolve(*args, **kwargs)

    return strawberry.field(resolver=answer, description=_told(description, scope), metadata={"scope": scope})


def live(resolve: Callable[..., Any], scope: Scope, description: str) -> Any:
    """A field of Subscription."""

    @wraps(resolve)
    async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        allow(kwargs["info"].context, scope)
        async with aclosing(resolve(*args, **kwargs)) as updates:
            async for update in updates:
                yield update

    if not inspect.isasyncgenfunction(resolve):
        raise TypeError(f"{resolve.__name__} does not stream")
    return strawberry.subscription(resolver=stream, description=_told(description, scope), metadata={"scope": scope})


def _told(description: str, scope: Scope) -> str:
    return f"{description} Needs the scope `{scope.name}`."
