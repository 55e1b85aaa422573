"""Pages by keyset: the next page starts behind the last row's own values, not behind a count of rows.

So a page costs the same wherever it lies, and rows that come or go meanwhile are neither shown twice nor skipped. A
cursor is the row's sort values, opaque to clients. The last column of an order must be unique and none may be null.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, literal, or_, tuple_
from sqlalchemy.orm import QueryableAttribute

from app.kernel.errors import InvalidInput

Value = datetime | UUID | str | int
"""What a row may be sorted by."""
R = TypeVar("R")
S = TypeVar("S", bound=Select[*tuple[Any, ...]])

DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100
_VERSION: Final = 1
_LONGEST: Final = 2000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class BadCursor(InvalidInput):
    """A cursor that was not made here, or was made for a list in another order."""

    code: ClassVar[str] = "BAD_CURSOR"

    def __init__(self, path: tuple[str, ...] = ()) -> None:
        super().__init__("This cursor does not belong to this list.", hint="Start again without a cursor.", path=path)


# ------------------------------------------------------------------------------------------------- cursors


def encode(values: Sequence[Value]) -> str:
    """The cursor of a row with these sort values."""
    return base64.urlsafe_b64encode(orjson.dumps([_VERSION, *map(_packed, values)])).rstrip(b"=").decode()


def decode(cursor: str, types: Sequence[type]) -> tuple[Value, ...]:
    """The sort values that a cursor holds, one of each of the `types`.

    Raises:
        BadCursor: it is damaged, foreign, or of another order.
    """
    try:
        if len(cursor) > _LONGEST:
            raise BadCursor
        padded = cursor + "=" * (-len(cursor) % 4)
        version, *items = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        values = tuple(_unpacked(item, kind) for item, kind in zip(items, types, strict=True))
        if version != _VERSION or encode(values) != cursor:
            raise BadCursor
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadCursor from None
    return values


def _packed(value: Value) -> list[str | int]:
    match value:
        case datetime():
            return ["t", (value - _EPOCH) // _MICROSECOND]
        case UUID():
            return ["u", value.hex]
        case str():
            return ["s", value]
        case int():
            return ["i", value]


def _unpacked(item: Any, kind: type) -> Value:
    tag, value = item
    match tag:
        case "t" if kind is datetime and type(value) is int:
            return _EPOCH + value * _MICROSECOND
        case "u" if kind is UUID and type(value) is str:
            return UUID(value)
        case "s" if kind is str and type(value) is str and "\0" not in value:
            return value
        case "i" if kind is int and type(value) is int and -(2**63) <= value < 2**63:
            return value
    raise BadCursor


# --------------------------------------------------------------------------------------------------- pages


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a client asks for: `first` rows behind `after`, or `last` rows before `before`; both cursors bound it."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        """Refuse sizes that make no sense."""
        if self.first is not None and self.last is not None:
            raise InvalidInput("first and last cannot be used together.", hint="Give one of them.", path=("last",))
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= MAX_SIZE:
                raise InvalidInput(
                    f"{name} must be between 0 and {MAX_SIZE}, not {size}.",
                    hint="Ask for fewer, and for the rest page by page with the cursors of `pageInfo`.",
                    path=(name,),
                )

    @property
    def forward(self) -> bool:
        """Whether rows are counted from the start."""
        return self.last is None

    @property
    def size(self) -> int:
        """How many rows are wanted."""
        asked = self.first if self.forward else self.last
        return DEFAULT_SIZE if asked is None else asked


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in the list's order, whichever way they were counted, each with its cursor."""

    rows: tuple[R, ...]
    cursors: tuple[str, ...]
    has_next: bool
    has_previous: bool

    @property
    def start(self) -> str | None:
        """The cursor of the first row."""
        return self.cursors[0] if self.cursors else None

    @property
    def end(self) -> str | None:
        """The cursor of the last row."""
        return self.cursors[-1] if self.cursors else None


@dataclass(frozen=True, slots=True, eq=False)
class Sort:
    """One column of an order: a table's, a model's attribute, or a labelled expression."""

    column: ColumnElement[Any] | QueryableAttribute[Any]
    descending: bool = False

    @property
    def element(self) -> ColumnElement[Any]:
        """The column as SQL knows it."""
        found: ColumnElement[Any] = (
            self.column.expression if isinstance(self.column, QueryableAttribute) else self.column
        )
        return found


def keyset(statement: S, order: Sequence[Sort], request: PageRequest) -> S:
    """Narrow a select to one page, and fetch one row more to see whether there are others. Give its rows to `page`.

    Raises:
        BadCursor: `after` or `before` is no cursor of this order.
    """
    types = [sort.element.type.python_type for sort in order]
    for name, cursor, behind in (("after", request.after, True), ("before", request.before, False)):
        if cursor is not None:
            try:
                values = decode(cursor, types)
            except BadCursor:
                raise BadCursor((name,)) from None
            statement = statement.where(_beyond(order, values, behind=behind))
    ordering = [sort.column.desc() if sort.descending is request.forward else sort.column.asc() for sort in order]
    return statement.order_by(None).order_by(*ordering).limit(request.size + 1)


def page(
    rows: Sequence[R], order: Sequence[Sort], request: PageRequest, *, key: Callable[[R], Sequence[Value]] | None = None
) -> Page[R]:
    """Make a page of the rows that a `keyset` select gave. `key` reads a row's sort values, by default by name."""

    def named(row: R) -> Sequence[Value]:
        return [getattr(row, str(sort.column.key)) for sort in order]

    kept, more = tuple(rows[: request.size]), len(rows) > request.size
    if not request.forward:
        kept = kept[::-1]
    return Page(
        rows=kept,
        cursors=tuple(encode((key or named)(row)) for row in kept),
        has_next=(more and request.forward) or request.before is not None,
        has_previous=(more and not request.forward) or request.after is not None,
    )


def _beyond(order: Sequence[Sort], values: Sequence[Value], *, behind: bool) -> ColumnElement[bool]:
    """The rows behind (or before) the row with these values, in this order."""
    columns = [sort.element for sort in order]
    # A cursor's number may be larger than its column holds: compared as bigint that is no error, only no row.
    bounds = [
        literal(value, BigInteger() if isinstance(value, int) else column.type)
        for column, value in zip(columns, values, strict=True)
    ]
    rising = [sort.descending is not behind for sort in order]
    if len(set(rising)) == 1:  # one comparison of rows: PostgreSQL answers it from one index range
        left, right = tuple_(*columns), tuple_(*bounds)
        return left > right if rising[0] else left < right
    ties: list[ColumnElement[bool]] = []
    choices: list[ColumnElement[bool]] = []
    for column, bound, up in zip(columns, bounds, rising, strict=True):
        choices.append(and_(*ties, column > bound if up else column < bound))
        ties.append(column == bound)
    # The first condition follows from the others; it is there so that an index range can be used.
    return and_(columns[0] >= bounds[0] if rising[0] else columns[0] <= bounds[0], or_(*choices))
