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
    more than once. And it tells its parent that it has started, and waits until the parent has heard it: where that was
    killed just then, the worker would wait for ever, with its threads at work.
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
