"""The runtime of a worker process: opened on Dramatiq's event loop when the worker boots, closed before it ends."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from dramatiq import Broker, Worker
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import Middleware

from app.flows.runtime import Runtime, running
from app.flows.upkeep.presence import present
from app.kernel import logs, memory, metrics, tether
from app.kernel.settings import Settings
from workers.process import SHUTDOWN_MS, threads
from workers.signals import hear_once

IDLE_MS = 50
"""How often an idle consumer looks for wake-ups."""


class RuntimeHolder(Middleware):
    """Holds what the actors of one process work with. Listed after AsyncIO, so that the loop lives around it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack: AsyncExitStack | None = None
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """The process's runtime.

        Raises:
            RuntimeError: the worker has not booted; actors run in workers only.
        """
        if self._runtime is None:
            raise RuntimeError("actors run in a booted worker only")
        return self._runtime

    def after_process_boot(self, broker: Broker) -> None:
        """Run on the fast event loop, and end with the process that started this one, also by its `kill -9`."""
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # the library asks it for the loop of all actors
        hear_once(signal.SIGTERM, within=SHUTDOWN_MS / 1000 + 3)
        tether.end_with_parent()

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """Open the runtime; messages are taken after this returns, by consumers that are made after it."""
        # No more messages are taken than there are threads: a long upload must not hold others' in its memory.
        # The library reads its own variables for both when it is imported, before our settings are known.
        worker.queue_prefetch = threads(self._settings)
        worker.worker_timeout = IDLE_MS
        logs.configure(self._settings.log_level, json=self._settings.log_json)
        if self._settings.metrics_port:
            metrics.listen(self._settings.host, self._settings.metrics_port)
        self._run(self._open())
        memory.settle()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Close the runtime; the last message has ended."""
        if self._stack is not None:
            self._run(self._stack.aclose())

    def before_process_message(self, broker: Broker, message: Any) -> None:
        """Forget the last message's log context: threads are used again."""
        logs.forget()

    async def _open(self) -> None:
        self._stack = AsyncExitStack()
        opened = running(self._settings, name="postd-worker", listens=False)
        self._runtime = await self._stack.enter_async_context(opened)
        await self._stack.enter_async_context(present(self._runtime, "worker"))

    @staticmethod
    def _run(work: Any) -> None:
        thread = get_event_loop_thread()
        if thread is None:
            raise RuntimeError("the AsyncIO middleware must come before this one")
        thread.run_coroutine(work)
