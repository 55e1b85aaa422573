"""Hand out the figures of a span of time as a file: one row a post, as CSV or JSON, written while it is read.

What a platform does not give is empty in CSV and null in JSON, never 0. Text that a spreadsheet would take for a
formula is quoted with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from app.domain.figures.model import PostFigures
from app.domain.figures.report import Question
from app.domain.figures.rows import PAGE, After, posts_page
from app.kernel.errors import InvalidInput
from app.services.db import Database
from connectors.metric_names import METRICS

OF_POSTS: Final = [name.value for name, metric in METRICS.items() if metric.of_post is not None]
OWN: Final = ("postId", "jobId", "part", "connectionId", "platform", "labels", "publishedAt")
TOLD: Final = ("measuredAt", "complete", "missingSince", *OF_POSTS)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(StrEnum):
    """The form of the file."""

    CSV = "csv"
    JSON = "json"


def span_of(start: str | None, end: str | None) -> tuple[datetime, datetime]:
    """The span that two words name.

    Raises:
        InvalidInput: one is missing or no moment with an offset, or the span is empty.
    """
    found: dict[str, datetime] = {}
    for name, words in (("from", start), ("to", end)):
        try:
            moment = datetime.fromisoformat(words or "")
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            hint = f"Give `{name}` as a moment with its offset, such as 2026-11-01T00:00:00Z."
            raise InvalidInput(f"`{name}` is not a moment.", hint=hint, path=(name,))
        found[name] = moment
    if found["from"] >= found["to"]:
        raise InvalidInput("The span is empty.", hint="`from` must be before `to`.", path=("from",))
    return found["from"], found["to"]


async def export(db: Database, tenant: UUID, question: Question, form: ExportFormat) -> AsyncIterator[bytes]:
    """The file, piece by piece. Each page is read by a short transaction of its own."""
    written, after = 0, None
    yield _csv([(*OWN, *TOLD)]) if form is ExportFormat.CSV else b"["
    while True:
        async with db.read(tenant) as session:
            rows = await posts_page(session, question, after)
        if form is ExportFormat.CSV:
            yield _csv([_line(row) for row in rows])
        else:
            told = [orjson.dumps(_object(row), default=str) for row in rows]
            yield (b",\n" if written and told else b"") + b",\n".join(told)
        written += len(rows)
        if len(rows) < PAGE:
            break
        after = _place(rows)
    if form is ExportFormat.JSON:
        yield b"]\n"


def _place(rows: Sequence[PostFigures]) -> After:
    return rows[-1].published_at, rows[-1].part_id


def _object(row: PostFigures) -> dict[str, Any]:
    return {
        "postId": row.post_id,
        "jobId": row.job_id,
        "part": row.part_id,
        "connectionId": row.connection_id,
        "platform": row.platform,
        "labels": list(row.labels),
        "publishedAt": row.published_at,
        "measuredAt": row.measured_at,
        "complete": row.complete if row.measured_at is not None else None,
        "missingSince": row.missing_since,
    } | {name: row.figures.get(name) for name in OF_POSTS}


def _line(row: PostFigures) -> list[str]:
    return [_cell(value) for value in _object(row).values()]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    words = ", ".join(value) if isinstance(value, list) else str(value)
    return f"'{words}" if words.startswith(FORMULA) else words


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(lines)
    return target.getvalue().encode()
