"""Uploaded bytes, kept by what they are: the file's name is the SHA-256 of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path


class BlobStore:
    """A folder of files that never change."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Store bytes and give their SHA-256 in hex. The same bytes are stored once."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._folder / digest
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.replace(path)
        return digest

    def get(self, sha256: str) -> bytes | None:
        """The bytes, or None. Anything that is not a hex digest is simply not there."""
        if len(sha256) != 64 or not sha256.isalnum():
            return None
        path = self._folder / sha256
        return path.read_bytes() if path.exists() else None
