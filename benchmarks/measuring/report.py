"""How a result is printed: the machine, the versions, the lines of the benchmark, and one line with the ratio."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Sequence
from enum import Enum
from importlib.metadata import PackageNotFoundError, version

import psutil

from benchmarks.measuring.figures import Spread

SMALL = 0.1
"""A ratio below this is shown with more digits."""


def is_quick(description: str) -> bool:
    """Read the command line: `--quick` asks for a small run that only shows that the script works."""
    return size(description, full=None) is Size.QUICK


class Size(Enum):
    """How much a benchmark is to do."""

    QUICK = "quick"
    USUAL = "usual"
    FULL = "full"


def size(description: str, *, full: str | None) -> Size:
    """Read the command line; `full` says what `--full` asks for, None where there is no such thing."""
    parser = argparse.ArgumentParser(description=description)
    parser.set_defaults(size=Size.USUAL)
    small = "a small run; its figures mean nothing"
    parser.add_argument("--quick", dest="size", action="store_const", const=Size.QUICK, help=small)
    if full is not None:
        parser.add_argument("--full", dest="size", action="store_const", const=Size.FULL, help=full)
    found: Size = parser.parse_args().size
    return found


def heading(name: str, servers: Sequence[str], packages: Sequence[str], *, quick: bool) -> None:
    """Say where and with what this runs."""
    memory = psutil.virtual_memory().total / 2**30
    busy = os.getloadavg()[0]
    print(f"{name}{' (quick: the figures mean nothing)' if quick else ''}")
    print(f"  machine   {os.cpu_count()} cores, {memory:.0f} GiB; load average {busy:.1f} at the start")
    shown = [f"Python {platform.python_version()}", *servers, *(f"{name} {_version(name)}" for name in packages)]
    print(f"  versions  {', '.join(shown)}", flush=True)


def line(name: str, words: str) -> None:
    """One result."""
    print(f"  {name:<28} {words}", flush=True)


def ratio(name: str, of: str, spread: Spread, rounds: int, *, more_is_better: bool) -> None:
    """The result that counts: the last line of a benchmark."""
    better, digits = "more" if more_is_better else "less", 4 if spread.median < SMALL else 2
    print(
        f"RATIO {name}: {spread.words(digits=digits)} {of}, median of {rounds} rounds; {better} is better", flush=True
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
