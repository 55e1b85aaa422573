"""One look for everybody who wants to see the same at about the same time.

Promise: of those who ask under one key, one look is under way at a time, and nobody gets one that began longer ago than
they allow, except where it is still under way. A look that failed is given to those who waited for it, and to nobody
else. A caller that leaves disturbs no other; when the last one leaves, the look ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Look:
    task: asyncio.Task[Any]
    waiting: int = 0


class Looks:
    """The looks of one process that are under way or still fresh."""

    def __init__(self) -> None:
        self._looks: dict[Hashable, _Look] = {}

    def __len__(self) -> int:
        return len(self._looks)

    async def share(self, key: Hashable, look: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T:
        """What a look under this key gives or has given; it is not given any more `seconds` after its beginning."""
        shared = self._looks.get(key) or self._begin(key, look, seconds)
        shared.waiting += 1
        try:
            seen: T = await asyncio.shield(shared.task)
            return seen
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.task.done():
                self._forget(key, shared)
                shared.task.cancel()

    def _begin(self, key: Hashable, look: Callable[[], Coroutine[Any, Any, Any]], seconds: float) -> _Look:
        loop = asyncio.get_running_loop()
        old = loop.time() + seconds
        # In an empty context: what the first caller has around it (loaders, words of its log) is not everybody's.
        begun = self._looks[key] = _Look(loop.create_task(look(), context=Context()))

        def ended(task: asyncio.Task[Any]) -> None:
            if task.cancelled() or task.exception() is not None:
                self._forget(key, begun)
            else:
                loop.call_at(old, self._forget, key, begun)

        begun.task.add_done_callback(ended)
        return begun

    def _forget(self, key: Hashable, look: _Look) -> None:
        if self._looks.get(key) is look:
            del self._looks[key]
