"""An append-only file of JSON lines: what was written stays written, whatever happens to the process.

A line is handed to the operating system in one write, so a killed process loses at most the line that it was
writing; such a torn last line is cut off when the file is opened again. With `durable=True` each write also
reaches the disk before `append` returns.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson


class Journal:
    """One file of JSON objects, one a line."""

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self._path = path
        self._durable = durable
        self._cut_torn_line()
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(self, lines: Sequence[dict[str, Any]]) -> None:
        """Write lines together: after a crash either all of them are in the file or a beginning of them."""
        data = memoryview(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        while data:
            data = data[os.write(self._fd, data) :]
        if self._durable:
            os.fsync(self._fd)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line from the start of the file."""
        with self._path.open("rb") as file:
            for line in file:
                yield orjson.loads(line)

    def replace(self, lines: Sequence[dict[str, Any]]) -> None:
        """Put other lines in place of all, in one step; used to drop lines that later ones have overwritten."""
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        fresh.chmod(0o600)
        os.close(self._fd)
        fresh.replace(self._path)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _cut_torn_line(self) -> None:
        """Remove what follows the last line end: the process died while it wrote it."""
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.truncate(self._path, whole)
