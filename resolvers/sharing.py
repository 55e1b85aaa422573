"""One execution for every subscriber that would get the same answer.

Subscriptions of one workspace with the same document, variables and rights differ in nothing but how far their readers
are. So behind their first catching up they share one stream: it reads each event once, executes the selection once,
encodes the answer once, and keeps it for a while. A reader is a number: it takes what lies behind it, and a reader that
is later than what is kept catches up by itself, from the log. Nothing is queued for anybody. A reader who has come as
far as the stream may be told each answer straight away, as long as its socket takes it. Who comes back with a cursor is
served from what is kept: a thousand clients that have lost a server do not each execute what they have missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from strawberry.types import ExecutionResult

from app.flows.live.course import COURSE, Course
from resolvers.alike import Asked
from resolvers.api import SCHEMA
from resolvers.context import Context

KEPT = 256
"""Answers that a stream keeps for readers who are late."""
KEPT_BYTES = 2_000_000
"""And how large they may be together."""
SPARE = 96
"""Answers that a stream keeps for readers who come back, once all that are there have passed them."""
SPARE_BYTES = 100_000
"""And how large those may be together."""
TIDY = 32
"""By how many answers more it lets them grow before it looks who has passed them."""

_log = structlog.get_logger(__name__)

Encode = Callable[[ExecutionResult], bytes]


@dataclass(eq=False, slots=True)
class Reader:
    """One subscriber of a stream: the number of the last event that it was told."""

    seq: int


@dataclass(frozen=True, slots=True)
class Told:
    """One answer, encoded."""

    seq: int
    payload: bytes
    heads: dict[int, bytes] = field(default_factory=dict, compare=False)
    """What its message has in common on all sockets, by the length of the rest: made by who sends it."""


Tell = Callable[[Told], bool]
"""Sends an answer without waiting; False, and nothing sent: the socket cannot take it now."""


class Stream:
    """One subscription that runs for many readers."""

    def __init__(self, seq: int) -> None:
        self.readers: set[Reader] = set()
        self.ended = False
        self.course = Course(seq, goes_on=True)
        self._floor = seq
        self._kept: deque[Told] = deque()
        self._size = 0
        self._unlooked = 0
        self._changed = asyncio.Event()
        self._at_once: dict[Reader, tuple[Tell, asyncio.Event]] = {}

    def reaches(self, seq: int) -> bool:
        """Whether everything behind that number is kept or is still to come."""
        return not self.ended and seq >= self._floor

    def behind(self, reader: Reader) -> Sequence[Told]:
        """What the reader was not told yet. Where there is nothing, it has come as far as the stream."""
        if not self._kept or self._kept[-1].seq <= reader.seq:
            reader.seq = max(reader.seq, self.course.settled)
            return ()
        return [told for told in self._kept if told.seq > reader.seq]

    async def changed(self) -> None:
        """Wait for more, or for the end."""
        await self._changed.wait()

    async def tell_at_once(self, reader: Reader, tell: Tell) -> None:
        """Tell a reader who has come as far as the stream each answer as it comes; return when that has an end."""
        over = asyncio.Event()
        if not self.ended:
            self._at_once[reader] = tell, over
            try:
                await over.wait()
            finally:
                self._at_once.pop(reader, None)

    async def run(self, asked: Asked, variables: Mapping[str, Any] | None, context: Context, encode: Encode) -> None:
        """Follow the feed and keep its answers, until it ends or is cancelled."""
        COURSE.set(self.course)
        try:
            source = await SCHEMA.stream(
                asked.query,
                variable_values=dict(variables) if variables is not None else None,
                context_value=context,
                operation_name=asked.operation_name,
            )
            async with aclosing(source):
                newest = self.course.seq
                async for result in source:
                    if not isinstance(result, ExecutionResult) or self.course.seq in (None, newest):
                        return  # no event's answer: why the feed ends, each reader is told by its own
                    newest = self.course.seq
                    self._keep(Told(newest, encode(result)))
        except Exception:  # noqa: BLE001 -- whatever it is: the readers go on by themselves, and meet it or not
            _log.exception("live.stream_broken", request_id=context.request_id)

    def end(self) -> None:
        """Send the readers on their own way: nothing more comes."""
        self.ended = True
        self._wake()

    def _keep(self, told: Told) -> None:
        for reader, (tell, over) in self._at_once.items():
            if reader.seq >= told.seq:  # it had caught up with more than the stream has by now
                continue
            if not over.is_set() and tell(told):
                reader.seq = told.seq
            else:  # it goes on by itself, from its number
                over.set()
        self._kept.append(told)
        self._size += len(told.payload)
        self._unlooked += 1
        if self._unlooked > TIDY or len(self._kept) > KEPT or self._size > KEPT_BYTES:
            self._unlooked = 0
            self._tidy()
        self._wake()

    def _tidy(self) -> None:
        passed = min((reader.seq for reader in self.readers), default=self._kept[-1].seq)
        while self._kept:
            spare = self._kept[0].seq <= passed
            most, bytes_ = (SPARE, SPARE_BYTES) if spare else (KEPT, KEPT_BYTES)
            if len(self._kept) <= most and self._size <= bytes_:
                return
            gone = self._kept.popleft()
            self._size -= len(gone.payload)
            self._floor = gone.seq

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
        if self.ended:
            for _, over in self._at_once.values():
                over.set()


class Sharing:
    """The streams of one process."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._streams: dict[Asked, tuple[Stream, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def tells(self, asked: Asked, seq: int, newest: int) -> bool:
        """Whether a stream tells what lies between these numbers, or one that began there would soon have done so."""
        known = self._streams.get(asked)
        return newest - seq <= SPARE if known is None else known[0].reaches(seq)

    @contextmanager
    def joined(
        self, asked: Asked, variables: Mapping[str, Any] | None, context: Context, seq: int
    ) -> Iterator[tuple[Stream, Reader] | None]:
        """Read a stream from behind that number, for the time of the block; None where it does not reach so far back.

        The first reader starts it, with its own variables; the last one to go ends it.
        """
        stream, task = self._streams.get(asked) or self._begun(asked, variables, context, seq)
        if not stream.reaches(seq):
            yield None
            return
        reader = Reader(seq)
        stream.readers.add(reader)
        try:
            yield stream, reader
        finally:
            stream.readers.discard(reader)
            if not stream.readers:
                self._forget(asked, stream)
                task.cancel()

    def _begun(
        self, asked: Asked, variables: Mapping[str, Any] | None, context: Context, seq: int
    ) -> tuple[Stream, asyncio.Task[None]]:
        stream = Stream(seq)
        # A context of its own: it outlives the socket that began it, and no key's end ends it for the others.
        own = Context(context.rt, principal=context.principal, request_id=uuid4().hex)
        task = asyncio.create_task(stream.run(asked, variables, own, self._encode))
        task.add_done_callback(lambda _: self._ended(asked, stream))
        self._streams[asked] = stream, task
        return stream, task

    def _ended(self, asked: Asked, stream: Stream) -> None:
        self._forget(asked, stream)
        stream.end()

    def _forget(self, asked: Asked, stream: Stream) -> None:
        known = self._streams.get(asked)
        if known is not None and known[0] is stream:
            del self._streams[asked]
