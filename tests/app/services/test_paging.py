from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, DateTime, String, Uuid, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.kernel.errors import InvalidInput
from app.services.paging import BadCursor, Page, PageRequest, Sort, Value, decode, encode, keyset, page


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "paged_things"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    rank: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String)
    moment: Mapped[datetime] = mapped_column(DateTime(timezone=True))


EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
ORDERS = {
    "rising": (Sort(Thing.rank), Sort(Thing.id)),
    "falling": (Sort(Thing.moment, descending=True), Sort(Thing.id, descending=True)),
    "mixed": (Sort(Thing.rank, descending=True), Sort(Thing.name), Sort(Thing.id, descending=True)),
}
IN_PYTHON: dict[str, Callable[[Any], Any]] = {
    "rising": lambda row: (row["rank"], row["id"]),
    "falling": lambda row: (-(row["moment"] - EPOCH), -row["id"].int),
    "mixed": lambda row: (-row["rank"], row["name"], -row["id"].int),
}
VALUES = st.one_of(
    st.datetimes(timezones=st.just(UTC)),
    st.uuids(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30),
    st.integers(-(2**63), 2**63 - 1),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.uuids(),
            "rank": st.integers(0, 2),
            "name": st.sampled_from(["a", "b"]),
            "moment": st.integers(0, 2).map(lambda us: EPOCH + timedelta(microseconds=us)),
        }
    ),
    unique_by=lambda row: row["id"],
    max_size=9,
)


@pytest.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with made.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield made
    async with made.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await made.dispose()


async def fetch(connection: AsyncConnection, order: Sequence[Sort], request: PageRequest) -> Page[Any]:
    statement = select(Thing.id, Thing.rank, Thing.name, Thing.moment)
    return page((await connection.execute(keyset(statement, order, request))).all(), order, request)


# ------------------------------------------------------------------------------------------------- walking


@pytest.mark.parametrize("name", ORDERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, size=st.integers(1, 4))
async def test_walking_gives_every_row_once_and_in_order(
    engine: AsyncEngine, name: str, rows: list[dict[str, Any]], size: int
) -> None:
    order, expected = ORDERS[name], [row["id"] for row in sorted(rows, key=IN_PYTHON[name])]
    async with engine.connect() as connection:
        if rows:
            await connection.execute(insert(Thing), rows)
        forward: list[UUID] = []
        request = PageRequest(first=size)
        while (found := await fetch(connection, order, request)).has_next:
            assert len(found.rows) == size
            forward += [row.id for row in found.rows]
            request = PageRequest(first=size, after=found.end)
        assert forward + [row.id for row in found.rows] == expected

        backward: list[UUID] = []
        request = PageRequest(last=size)
        while (found := await fetch(connection, order, request)).has_previous:
            assert len(found.rows) == size
            backward = [row.id for row in found.rows] + backward
            request = PageRequest(last=size, before=found.start)
        assert [row.id for row in found.rows] + backward == expected


@pytest.fixture
async def five(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Rows 0 to 4 by rank."""
    async with engine.connect() as connection:
        rows = [{"id": uuid4(), "rank": rank, "name": "x", "moment": EPOCH} for rank in range(5)]
        await connection.execute(insert(Thing), rows)
        yield connection


def ranks(found: Page[Any]) -> list[int]:
    return [row.rank for row in found.rows]


async def test_both_cursors_bound_a_page(five: AsyncConnection) -> None:
    order = ORDERS["rising"]
    every = await fetch(five, order, PageRequest())
    found = await fetch(five, order, PageRequest(after=every.cursors[0], before=every.cursors[4]))
    assert (ranks(found), found.has_next, found.has_previous) == ([1, 2, 3], True, True)


async def test_the_first_page_has_nothing_before_it(five: AsyncConnection) -> None:
    found = await fetch(five, ORDERS["rising"], PageRequest(first=2))
    assert (ranks(found), found.has_next, found.has_previous) == ([0, 1], True, False)
    assert (found.start, found.end) == found.cursors


async def test_the_last_page_has_nothing_behind_it(five: AsyncConnection) -> None:
    found = await fetch(five, ORDERS["rising"], PageRequest(last=2))
    assert (ranks(found), found.has_next, found.has_previous) == ([3, 4], False, True)


async def test_a_page_of_none_only_tells_whether_there_are_rows(five: AsyncConnection) -> None:
    found = await fetch(five, ORDERS["rising"], PageRequest(first=0))
    assert (found.rows, found.has_next, found.start, found.end) == ((), True, None, None)


async def test_a_deleted_row_keeps_its_place(five: AsyncConnection) -> None:
    found = await fetch(five, ORDERS["rising"], PageRequest(first=2))
    await five.execute(Thing.__table__.delete().where(Thing.rank == 1))  # type: ignore[attr-defined]
    found = await fetch(five, ORDERS["rising"], PageRequest(first=2, after=found.end))
    assert ranks(found) == [2, 3]


async def test_models_are_paged_by_their_attributes(five: AsyncConnection) -> None:
    request = PageRequest(first=2)
    order = ORDERS["falling"]
    rows = [Thing(id=uuid4(), rank=1, name="x", moment=EPOCH) for _ in range(3)]
    found = page(rows, order, request)
    assert found.cursors == tuple(encode((row.moment, row.id)) for row in rows[:2])


async def test_the_key_of_rows_may_be_given(five: AsyncConnection) -> None:
    found = page([{"rank": 1}], ORDERS["rising"], PageRequest(), key=lambda row: (row["rank"], UUID(int=1)))
    assert decode(found.cursors[0], (int, UUID)) == (1, UUID(int=1))


async def test_a_number_larger_than_its_column_is_no_error(five: AsyncConnection) -> None:
    found = await fetch(five, ORDERS["rising"], PageRequest(after=encode((2**63 - 1, UUID(int=0)))))
    assert ranks(found) == []


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_cursor_of_another_order_is_refused(name: str) -> None:
    foreign = encode(("a", UUID(int=1)))
    with pytest.raises(BadCursor) as refusal:
        keyset(select(Thing), ORDERS["rising"], PageRequest(**{name: foreign}))  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.path) == ("BAD_CURSOR", (name,))


# ------------------------------------------------------------------------------------------------- cursors


@given(st.lists(VALUES, max_size=4))
def test_a_cursor_gives_its_values_back(values: list[Value]) -> None:
    cursor = encode(values)
    assert decode(cursor, [type(value) for value in values]) == tuple(values)
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_moment_of_another_zone_is_the_same_cursor() -> None:
    moment = datetime.fromisoformat("2030-01-01T09:00:00+09:00")
    assert encode([moment]) == encode([EPOCH])


def raw(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("cursor", "kind"),
    [
        ("", str),
        ("!!!!", str),
        ("é", str),
        ("A" * 5000, str),
        (raw([2, ["s", "a"]]), str),
        (raw({"s": "a"}), str),
        (raw("text"), str),
        (raw([1]), str),
        (raw([1, ["s", "a"], ["s", "a"]]), str),
        (raw([1, "s"]), str),
        (raw([1, ["s"]]), str),
        (raw([1, ["s", 1]]), str),
        (raw([1, ["s", "a\0b"]]), str),
        (raw([1, ["s", "a"]]), int),
        (raw([1, ["i", True]]), int),
        (raw([1, ["i", 2**63]]), int),
        (raw([1, ["i", 1.5]]), int),
        (raw([1, ["u", "zz"]]), UUID),
        (raw([1, ["u", 1]]), UUID),
        (raw([1, ["t", 2**62]]), datetime),
        (raw([1, ["t", "now"]]), datetime),
        (encode(["a"]) + "=", str),
        (encode(["a"]) + " ", str),
    ],
)
def test_anything_else_is_a_bad_cursor(cursor: str, kind: type) -> None:
    with pytest.raises(BadCursor):
        decode(cursor, [kind])


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode(cursor, [str])


# ------------------------------------------------------------------------------------------------ requests


def test_twenty_rows_from_the_start_are_the_default() -> None:
    assert (PageRequest().size, PageRequest().forward) == (20, True)


def test_last_counts_from_the_end() -> None:
    assert (PageRequest(last=5).size, PageRequest(last=5).forward) == (5, False)


@pytest.mark.parametrize(
    ("asked", "path", "message"),
    [
        ({"first": 1, "last": 1}, ("last",), "first and last cannot be used together."),
        ({"first": -1}, ("first",), "first must be between 0 and 100, not -1."),
        ({"last": -1}, ("last",), "last must be between 0 and 100, not -1."),
        ({"first": 101}, ("first",), "first must be between 0 and 100, not 101."),
    ],
)
def test_a_size_that_makes_no_sense_is_refused(asked: dict[str, Any], path: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        PageRequest(**asked)
    assert (refusal.value.path, refusal.value.message) == (path, message)
