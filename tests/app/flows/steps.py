"""Run a coroutine up to one of its waits and end it there, as a crash would."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class EndedAt:
    """Awaits a coroutine; at its `number`-th wait it is cancelled. `reached` tells whether it waited that often."""

    def __init__(self, work: Coroutine[Any, Any, Any], number: int) -> None:
        self._work, self._number = work, number
        self.reached = False

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        waits = 0
        try:
            waited = steps.send(None)
            while True:
                waits += 1
                if waits == self._number:
                    self.reached = True
                    waited = steps.throw(asyncio.CancelledError())
                try:
                    answer = yield waited
                except BaseException as error:  # noqa: BLE001 -- handed to the coroutine, as the loop would
                    waited = steps.throw(error)
                else:
                    waited = steps.send(answer)
        except (StopIteration, asyncio.CancelledError):
            return
