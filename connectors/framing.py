"""The size and shape that an image has once it keeps to a platform's rules: arithmetic only.

A shape that is not taken gets bars at two sides; nothing is ever cut off.
"""

from __future__ import annotations

from math import ceil

from connectors.image_rules import ImageRules


def framed(rules: ImageRules, width: int, height: int) -> tuple[int, int]:
    """The size of the frame that an image of this size needs: its own, or one with bars at two sides."""
    if rules.min_aspect is not None and width < height * rules.min_aspect:
        return ceil(height * rules.min_aspect), height
    if rules.max_aspect is not None and width > height * rules.max_aspect:
        return width, ceil(width / rules.max_aspect)
    return width, height


def shrunk(rules: ImageRules, width: int, height: int) -> tuple[int, int]:
    """The size of an image, without its bars, so that its frame is no larger than is taken."""
    scale = min(1.0, rules.max_side / max(framed(rules, width, height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def fitted(rules: ImageRules, width: int, height: int) -> tuple[int, int]:
    """The size of an image and its bars once it was made to fit, unless its bytes are too many then."""
    frame_width, frame_height = framed(rules, *shrunk(rules, width, height))
    return min(frame_width, rules.max_side), min(frame_height, rules.max_side)


def takes(rules: ImageRules, mime: str | None, size: int, width: int, height: int) -> bool:
    """Whether an image of `size` bytes fits as it is."""
    small = mime in rules.types and size <= rules.max_bytes and max(width, height) <= rules.max_side
    return small and framed(rules, width, height) == (width, height)
