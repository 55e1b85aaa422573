"""Ids: UUIDv7, which sort by the time of their making.

RFC 9562 section 5.7: 48 bits of milliseconds, then here a 12-bit counter (section 6.2, method 1) continued into the
upper bits of the random part, so that ids of one process are strictly increasing, also when the clock goes back a
little. The last 56 bits are random and fresh for every id: an id does not tell its neighbours.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_COUNTER_BITS: Final = 18  # 12 bits of rand_a and the first 6 of rand_b: 262 144 ids a millisecond
_RANDOM_BITS: Final = 56
_STEP_BACK: Final = 10_000  # milliseconds: a clock that goes back further was wrong before, and is believed now


class _Sequence:
    """The last (millisecond, counter) given; a thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = -1
        self._counter = 0

    def next(self, millisecond: int) -> tuple[int, int]:
        with self._lock:
            if millisecond > self._millisecond or millisecond < self._millisecond - _STEP_BACK:
                # Half of the range is left free for counting on within this millisecond.
                self._millisecond, self._counter = millisecond, secrets.randbits(_COUNTER_BITS - 1)
            else:
                self._counter += 1
                if self._counter >> _COUNTER_BITS:  # used up: borrow the next millisecond (RFC 9562 section 6.2)
                    self._millisecond, self._counter = self._millisecond + 1, 0
            return self._millisecond, self._counter


_sequence = _Sequence()


def new(now: datetime | None = None) -> UUID:
    """A new id, greater than every id that this process has made before.

    `now` gives the moment, by default the system's time. A moment up to ten seconds earlier than that of the last id
    does not go into the id: there, order is the stronger promise. Further back, the moment is, so that one leap of
    the clock into the future does not spoil the times of all later ids.
    """
    millisecond = time.time_ns() // 1_000_000 if now is None else (now - _EPOCH) // _MILLISECOND
    millisecond, counter = _sequence.next(millisecond)
    rand_a, rand_b = counter >> 6, (counter & 0x3F) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return UUID(int=millisecond << 80 | 7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def timestamp(value: UUID) -> datetime:
    """When an id was made, to the millisecond, in UTC.

    Raises:
        ValueError: the id is of another version and holds no time in this form.
    """
    if value.version != 7:
        raise ValueError(f"{value} is not a UUIDv7: it does not tell when it was made")
    return _EPOCH + (value.int >> 80) * _MILLISECOND
