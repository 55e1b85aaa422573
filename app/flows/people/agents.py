"""A browser's header in two words, so that people know their own sessions again. Nothing else of it is kept."""

from __future__ import annotations

from typing import Final

# The first that is found counts: Edge calls itself Chrome, Chrome calls itself Safari.
_BROWSERS: Final = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS: Final = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def in_two_words(header: str) -> str:
    """For example `Firefox on Linux`; `a program` for what is no browser."""
    text = header.lower()
    browser = next((word for mark, word in _BROWSERS if mark in text), None)
    system = next((word for mark, word in _SYSTEMS if mark in text), None)
    if browser is None:
        return "a program"
    return browser if system is None else f"{browser} on {system}"
