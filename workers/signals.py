"""How a worker process hears the signal that ends it."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Final

UNENDING: Final = 1
"""The exit status of a process that was told to end and could not."""


def hear_once(number: signal.Signals, *, within: float) -> None:
    """Leave a signal to its handler the first time only, and end `within` seconds of it whatever becomes of that.

    Dramatiq's worker leaves its threads at the second one and then hangs, and the kernel may tell of a parent's death
    more than once. Its handler writes to its parent before it takes note; where the parent is dead and the signal comes
    in the middle of another message, that can fail, and an orphan would work on for ever.
    """
    handler = signal.getsignal(number)

    def first(got: int, frame: FrameType | None) -> None:
        signal.signal(got, signal.SIG_IGN)
        last = threading.Timer(within, os._exit, (UNENDING,))
        last.daemon = True
        last.start()
        if callable(handler):
            handler(got, frame)

    signal.signal(number, first)
