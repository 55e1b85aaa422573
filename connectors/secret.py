"""The type of every secret value: it shows nothing unless asked by name.

A `Secret` can be passed, stored in a dataclass, logged by accident or raised in an exception without its
content leaving the process. Only `reveal()` gives the content, so that every use can be found by searching
for that one word.
"""

from __future__ import annotations

import hmac
from typing import Final, NoReturn, final

MASK: Final = "•••"


@final
class Secret:
    """A string that hides itself from repr, str, format, pickle and copies by value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the content. Call it at the last moment, where the value is sent or sealed."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that a comparison tells nothing about where two secrets differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: seal it with the vault, or pass the id of the row that holds it")
