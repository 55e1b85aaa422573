"""From one thing to the next, declared as data.

    post: Post = one("posts", by="post_id", into="schema.posts.post:Post", description="…")
    attempts: list[Attempt] = many("attempts", of="id", …)

names a loader (a batch function `keys -> rows`) and the attribute of the row that holds the key. Today a declaration
becomes a field that asks the loader; because it stands in the field's metadata, another executor can read it.

A field that shows more than the scope of its root field gives names the scope that it needs itself. Only such fields
are wrapped; who lacks the scope is refused at that field.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from importlib import import_module
from typing import Any, Protocol

import strawberry

from app.domain.keys.model import Scope


class Loaders(Protocol):
    """Batched reads of one operation, or of one event of a subscription: fresh for each, or they would go stale."""

    def load(self, name: str, key: Any) -> Awaitable[Any]:
        """The row of that key, or the list of rows that belong to it."""
        ...

    def allow(self, scope: Scope) -> None:
        """Let the caller pass who has that scope.

        Raises:
            ScopeMissing, AddressNotAllowed: the caller has it not, or not from there.
        """
        ...


LOADERS: ContextVar[Loaders] = ContextVar("loaders")


@dataclass(frozen=True, slots=True)
class Traversal:
    """A declared step: which loader, by which attribute of `row`, into which type."""

    loader: str
    key: str
    into: str
    plural: bool


@cache
def _type(into: str) -> Any:
    module, _, name = into.partition(":")
    return getattr(import_module(module), name)


def _field(step: Traversal, resolve: Callable[[Any], Awaitable[Any]], description: str, needs: Scope | None) -> Any:
    metadata = {"traversal": step} if needs is None else {"traversal": step, "scope": needs}
    return strawberry.field(resolver=resolve, description=told(description, needs), metadata=metadata)


def told(description: str, needs: Scope | None) -> str:
    """The description of a field, with the scope that it needs."""
    return description if needs is None else f"{description} Needs the scope `{needs.name}`."


def derived(description: str, *, needs: Scope | None = None) -> Callable[[Callable[..., Any]], Any]:
    """A field whose value is made when it is asked for."""

    def decorate(resolve: Callable[..., Any]) -> Any:
        if needs is None:
            return strawberry.field(resolver=resolve, description=description)
        scope = needs

        @wraps(resolve)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            LOADERS.get().allow(scope)
            return resolve(*args, **kwargs)

        return strawberry.field(resolver=guarded, description=told(description, scope), metadata={"scope": scope})

    return decorate


def one(loader: str, *, by: str, into: str, description: str) -> Any:
    """A field that gives the one thing that `by` points to; None where it points nowhere."""

    async def resolve(root: Any) -> Any:
        key = getattr(root.row, by)
        row = None if key is None else await LOADERS.get().load(loader, key)
        return None if row is None else _type(into).of(row)

    return _field(Traversal(loader, by, into, plural=False), resolve, description, None)


def many(loader: str, *, of: str, into: str, description: str, needs: Scope | None = None) -> Any:
    """A field that gives the things that belong to this one."""

    async def resolve(root: Any) -> Any:
        if needs is not None:
            LOADERS.get().allow(needs)
        rows = await LOADERS.get().load(loader, getattr(root.row, of))
        kind = _type(into)
        return [kind.of(row) for row in rows]

    return _field(Traversal(loader, of, into, plural=True), resolve, description, needs)
