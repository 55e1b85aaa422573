"""Text as PostgreSQL takes it: without the zero character and without halves of surrogate pairs.

What a platform answers is kept (its words, its ids, what was said to it), and a single character that the database
refuses must not be the reason why an outcome cannot be written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_REFUSED: Final = re.compile("[\x00\ud800-\udfff]")
REPLACEMENT: Final = "\ufffd"


def storable(value: Any) -> Any:
    """A copy of a text or of nested JSON with U+FFFD in place of each character that PostgreSQL refuses."""
    if isinstance(value, str):
        return _REFUSED.sub(REPLACEMENT, value)
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
