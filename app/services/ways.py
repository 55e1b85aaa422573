"""Several ways to one page: a list of "one of these values, by time".

That has no index of its own: PostgreSQL would read all that match, or walk the order past all that do not. Here each
value reads its own index as far as one page, and the pages are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy import ColumnElement, and_, false, select, union
from sqlalchemy.orm import QueryableAttribute

from app.services.paging import PageRequest, S, Sort, keyset


@dataclass(frozen=True, slots=True, eq=False)
class Way(Generic[S]):
    """Some of a list's rows: those with one value in one column."""

    statement: S
    lead: ColumnElement[Any] | QueryableAttribute[Any] | None = None
    """The column that `pinned` narrowed. Rows are sorted by it too, so that only an index that begins with it serves:
    PostgreSQL takes another where it believes that nearly all rows match, and may walk past all that do not."""


def pinned(column: ColumnElement[Any] | QueryableAttribute[Any], value: object) -> ColumnElement[bool]:
    """The column has this value, said so that PostgreSQL does not leave the column out of the order."""
    return and_(column >= value, column <= value)


def keyset_of_any(rows: S, ways: Sequence[Way[S]], order: Sequence[Sort], request: PageRequest) -> S:
    """One page of the rows of any of `ways`, as `keyset` narrows one. `rows` gives them all.

    Raises:
        BadCursor: as of `keyset`.
    """
    turned = order if request.forward else [Sort(sort.column, descending=not sort.descending) for sort in order]
    narrowed = [Way(keyset(way.statement, order, request), way.lead) for way in ways or [Way(rows.where(false()))]]
    return first_of_any(rows, narrowed, turned, request.size + 1)


def first_of_any(rows: S, ways: Sequence[Way[S]], order: Sequence[Sort], limit: int) -> S:
    """The first rows, in this order, of any of `ways`; they are picked from `rows` by the order's last column."""
    columns = [sort.element for sort in order]
    plain = list(zip(order, columns, strict=True))
    if not ways:
        return rows.where(false()).limit(limit)
    if len(ways) == 1:
        return _first(ways[0].statement, plain, limit, ways[0].lead)
    each = [_first(way.statement.with_only_columns(*columns), plain, limit, way.lead) for way in ways]
    found = union(*each).subquery()
    merged = [(sort, found.c[str(column.key)]) for sort, column in plain]
    keys = _first(select(merged[-1][1]), merged, limit)
    return _first(rows.where(columns[-1].in_(keys)), plain, limit)


def _first(
    statement: S,
    order: Sequence[tuple[Sort, ColumnElement[Any]]],
    limit: int,
    lead: ColumnElement[Any] | QueryableAttribute[Any] | None = None,
) -> S:
    ordering = [column.desc() if sort.descending else column.asc() for sort, column in order]
    if lead is not None:  # the same direction as the rest, so that one index can give it
        ordering.insert(0, lead.desc() if order[0][0].descending else lead.asc())
    return statement.order_by(None).order_by(*ordering).limit(limit)
