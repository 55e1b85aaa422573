"""What a platform takes of an image: bytes, sides, types and shape. An image that is otherwise is made to fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageRules:
    """What an image is made to fit before it is uploaded."""

    max_bytes: int
    max_side: int
    types: tuple[str, ...]
    min_aspect: float | None = None
    """The narrowest shape that is taken, as width divided by height. A narrower image gets bars; nothing is cut off."""
    max_aspect: float | None = None
    """The widest shape that is taken. A wider image gets bars."""
