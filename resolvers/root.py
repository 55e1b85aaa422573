"""A root field: its resolver, the scope that it needs, and its description.

Everything below a root field is reached through it, in the caller's tenant. Few fields show more than its scope gives:
those name their own (schema/traversal.py). All of them stand in authorization.py.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any

import strawberry

from app.domain.keys.model import Scope
from schema.traversal import told


def root(resolve: Callable[..., Any], scope: Scope, description: str) -> Any:
    """A field of Query or Mutation."""

    @wraps(resolve)
    async def answer(*args: Any, **kwargs: Any) -> Any:
        kwargs["info"].context.rights.allow(scope)
        return await resolve(*args, **kwargs)

    return strawberry.field(resolver=answer, description=told(description, scope), metadata={"scope": scope})


def open_to_all(resolve: Callable[..., Any], description: str) -> Any:
    """A field that everybody may ask for, also without saying who they are: how to come in."""
    told = f"{description} Open to everybody."
    return strawberry.field(resolver=resolve, description=told, metadata={"scope": None})


def live(resolve: Callable[..., Any], scope: Scope, description: str) -> Any:
    """A field of Subscription."""

    @wraps(resolve)
    async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        kwargs["info"].context.rights.allow(scope)
        async with aclosing(resolve(*args, **kwargs)) as updates:
            async for update in updates:
                yield update

    if not inspect.isasyncgenfunction(resolve):
        raise TypeError(f"{resolve.__name__} does not stream")
    return strawberry.subscription(resolver=stream, description=told(description, scope), metadata={"scope": scope})
