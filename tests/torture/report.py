"""The result of the proof as a file, and the tables that docs/guarantees.md shows of it.

python -m tests.torture --write
"""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

import orjson

from tests.docs.markdown import PROJECT, table
from tests.torture.faults import STRIKES
from tests.torture.matrix import Result
from tests.torture.platforms import TARGETS
from tests.torture.storms import STORMS
from tests.torture.windows import WINDOWS
from tests.torture.workload import Told

RESULT: Final = PROJECT / "docs" / "guarantees.json"
PAGE: Final = PROJECT / "docs" / "guarantees.md"
BEGIN: Final = "<!-- made by python -m tests.torture --write: begin -->"
END: Final = "<!-- made by python -m tests.torture --write: end -->"
MARKS: Final[Mapping[str, str]] = {
    "once": "once",
    "reason": "not sent, says why",
    "person": "a person",
    "twice": "**twice**",
    "broken": "**broken**",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A storm or a campaign that has ended."""

    name: str
    told: Told


@dataclass(slots=True)
class Proof:
    """One run of the proof."""

    date: str
    machine: str
    cores: int
    scale: float = 1.0
    """How large the storms were; 1 is the whole proof."""
    cells: list[Result] = field(default_factory=list)
    storms: list[Ended] = field(default_factory=list)
    campaigns: list[Ended] = field(default_factory=list)

    @classmethod
    def begun(cls) -> Self:
        """One that begins now."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(datetime.now(UTC).date().isoformat(), f"{platform.system()} {platform.machine()}", cores)

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        ended = (*self.storms, *self.campaigns)
        return all(cell.kept for cell in self.cells) and not any(one.told.troubles for one in ended)

    def write(self) -> None:
        """Put what was run in the place of the same part of the result file, and make the page's tables anew."""
        kept: dict[str, Any] = orjson.loads(RESULT.read_bytes()) if RESULT.exists() else {}
        stamp = {"date": self.date, "machine": self.machine, "cores": self.cores}
        for name, rows in (
            ("cells", [cell.as_json() for cell in self.cells]),
            ("storms", [{"name": one.name, **asdict(one.told)} for one in self.storms]),
            ("campaigns", [{"name": one.name, **asdict(one.told)} for one in self.campaigns]),
        ):
            if rows:
                size = {"scale": self.scale} if name == "storms" else {}
                known = {_key(row): row for row in (*kept.get(name, {}).get("rows", ()), *rows)}
                kept[name] = {**stamp, **size, "rows": list(known.values())}
        RESULT.write_text(_lines(kept))
        PAGE.write_text(filled(PAGE.read_text(), kept))


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a row is about: a later run of the same takes its place."""
    return (row["name"],) if "name" in row else (row["target"], row["window"], row["strike"])


def _lines(result: Mapping[str, Any]) -> str:
    """JSON with a row a line, so that two results can be compared."""
    parts = []
    for name, part in result.items():
        rows = ",\n".join(orjson.dumps(row).decode() for row in part["rows"])
        stamp = orjson.dumps({key: value for key, value in part.items() if key != "rows"}).decode()[:-1]
        parts.append(f'"{name}":{stamp},"rows":[\n{rows}\n]}}')
    return "{" + ",\n".join(parts) + "}\n"


def filled(page: str, result: Mapping[str, Any]) -> str:
    """The page with the tables of a result between its marks."""
    made = f"{BEGIN}\n\n{tables(result)}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, page, flags=re.DOTALL)


def tables(result: Mapping[str, Any]) -> str:
    """The tables of a result."""
    return "\n".join(
        part
        for part in (
            _matrix(result.get("cells")),
            _ended("Storms", result.get("storms"), {key: storm.says for key, storm in STORMS.items()}),
            _ended("Campaigns", result.get("campaigns"), {}),
        )
        if part
    )


def _matrix(part: Mapping[str, Any] | None) -> str:
    if part is None:
        return "### The matrix\n\nIt was not run as a whole on this version.\n"
    rows: Sequence[Mapping[str, Any]] = part["rows"]
    exist = [row for row in rows if row["outcome"] is not None]
    counts = Counter(str(row["outcome"]) for row in exist)
    said = ", ".join(f"{counts[name]} {MARKS[name]}" for name in MARKS if name in counts)
    broken = [row for row in rows if not row["kept"]]
    end = f"{len(broken)} cells were not as promised." if broken else "Every promise was kept."
    counted = f"{len(exist)} cells: {said}; {len(rows) - len(exist)} do not exist."
    names = [key for key in TARGETS if any(row["target"] == key for row in rows)]
    body = [
        [f"`{window.key}`: {window.says}", *(_cell(rows, target, window.key) for target in names)]
        for window in WINDOWS.values()
    ]
    faults = [
        [f"`{strike.key}`: {strike.says}", *_of_fault([row for row in exist if row["strike"] == strike.key])]
        for strike in STRIKES.values()
    ]
    return "\n".join(
        (
            f"### The matrix\n\n{_stamp(part)}\n{counted}\n{end}\n",
            table(["window", *names], body),
            table(["fault", "cells", "as promised", "median", "longest"], faults),
            _missing(rows),
            _troubled(broken),
        )
    )


def _troubled(rows: Sequence[Mapping[str, Any]]) -> str:
    body = [[f"{row['target']} `{row['window']}` `{row['strike']}`", row["why"]] for row in rows]
    return table(["not as promised", "what happened"], body) if body else ""


def _cell(rows: Sequence[Mapping[str, Any]], target: str, window: str) -> str:
    mine = [row for row in rows if (row["target"], row["window"]) == (target, window)]
    if not mine or mine[0]["outcome"] is None:
        return "-"
    counts = Counter(str(row["outcome"]) for row in mine)
    told = [MARKS[name] if number == len(mine) else f"{number} {MARKS[name]}" for name, number in counts.most_common()]
    return f"{', '.join(told)} ({max(row['seconds'] for row in mine):.0f} s)"


def _of_fault(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return ["0", "0", "-", "-"]
    times = sorted(row["seconds"] for row in rows)
    kept = sum(row["kept"] for row in rows)
    return [str(len(rows)), str(kept), f"{times[len(times) // 2]:.0f} s", f"{times[-1]:.0f} s"]


def _missing(rows: Sequence[Mapping[str, Any]]) -> str:
    whys: dict[str, set[str]] = {}
    for row in rows:
        if row["outcome"] is None:
            whys.setdefault(row["why"], set()).add(f"{row['target']} `{row['window']}`")
    body = [[", ".join(sorted(cells)), why] for why, cells in whys.items()]
    return table(["cells that do not exist", "because"], body) if body else ""


def _ended(title: str, part: Mapping[str, Any] | None, says: Mapping[str, str]) -> str:
    if part is None:
        return ""
    body = [
        [
            says.get(row["name"], row["name"]),
            row["note"],
            f"{row['seconds']:.0f} s",
            "; ".join(row["troubles"]) or "nothing",
        ]
        for row in part["rows"]
    ]
    return f"### {title}\n\n{_stamp(part)}\n\n" + table(["what", "how much", "quiet after", "found wrong"], body)


def _stamp(part: Mapping[str, Any]) -> str:
    size = f" at {part['scale']:g} of the whole size" if part.get("scale", 1) != 1 else ""
    return f"Run on {part['date']}, {part['machine']}, {part['cores']} cores{size}."
