"""The end of the story: do the simulated platforms hold each post exactly once?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.script import SCENES, Scene


def texts(scene: Scene) -> list[str]:
    """The text of each part."""
    return [scene.content["text"], *(part["text"] for part in scene.content.get("thread", ()))]


def complaints(ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every difference between what was scheduled and what the platforms hold; none when the promise was kept."""
    held = Counter((post["platform"], _plain(post["text"])) for post in ledger if not post["deleted_at"])
    wanted: Counter[tuple[str, str]] = Counter()
    for scene in SCENES:
        for platform in scene.targets:
            for text in texts(scene):
                wanted[platform, text] += 0 if scene.cancel else 1
    found = []
    for (platform, text), count in wanted.items():
        seen = sum(number for (where, said), number in held.items() if where == platform and said.startswith(text))
        if seen != count:
            found.append(f"{platform} holds {text[:50]!r} {seen} times instead of {count}.")
    total, expected = sum(held.values()), sum(wanted.values())
    if total != expected:
        found.append(f"The platforms hold {total} posts instead of {expected}.")
    return found


def _plain(text: str) -> str:
    return text.strip()
